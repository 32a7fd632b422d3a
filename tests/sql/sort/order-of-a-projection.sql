--! reason: Rows are ordered by the columns of the query, which stood elsewhere below, and of which one was called as another is now.
--! ordered
--! sql
SELECT l.x AS b, l.k AS a, COUNT(*) AS n FROM (VALUES (1, 10), (1, 30), (1, 20), (2, 5), (1, 30)) AS l(k, x) LEFT JOIN (VALUES (1, 7), (3, 8)) AS r(k, y) ON l.k = r.k
GROUP BY l.k, l.x ORDER BY a, b DESC;
--! expect batch
{"b":30,"a":1,"n":2}
{"b":20,"a":1,"n":1}
{"b":10,"a":1,"n":1}
{"b":5,"a":2,"n":1}
