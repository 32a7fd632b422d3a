--! reason: The two columns change places above the join.
--! sql
SELECT l.x AS b, l.k AS a FROM (VALUES (1, 10), (1, 30), (1, 20), (2, 5)) AS l(k, x) LEFT JOIN (VALUES (1, 7), (3, 8)) AS r(k, y) ON l.k = r.k ORDER BY a, b DESC LIMIT 2;
--! expect
{"b":20,"a":1}
{"b":30,"a":1}
