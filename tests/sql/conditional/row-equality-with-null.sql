--! reason: Rows that are written out are equal field by field: a NULL leaves the answer to the other fields.
--! sql
SELECT n, m, ROW(n, m) = ROW(1, 2) AS a, (n, m) = (1, 2) AS b, (n, (m, 1)) = (1, (2, 1)) AS c FROM (VALUES (1, 2), (1, 3), (CAST(NULL AS INT), 2), (1, CAST(NULL AS INT)), (5, CAST(NULL AS INT)), (CAST(NULL AS INT), CAST(NULL AS INT))) AS t(n, m);
--! expect
{"n":1,"m":2,"a":true,"b":true,"c":true}
{"n":1,"m":3,"a":false,"b":false,"c":false}
{"n":1,"m":null,"a":null,"b":null,"c":false}
{"n":5,"m":null,"a":false,"b":false,"c":false}
{"n":null,"m":2,"a":null,"b":null,"c":null}
{"n":null,"m":null,"a":null,"b":null,"c":false}
