--! reason: What is ordered by is the column of the query, wherever it stood below.
--! sql
SELECT COUNT(*) AS n, k FROM (VALUES (1), (1), (1), (2), (3), (3)) AS t(k) GROUP BY k ORDER BY n DESC LIMIT 1;
--! expect
{"n":3,"k":1}
