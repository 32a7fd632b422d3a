--! reason: Projections and filters through two subqueries compose.
--! file input/t.csv
1,1
2,2
3,~
4,5
11,9
--! sql
CREATE TABLE t (
  a INT,
  b INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s + 1 AS r FROM (SELECT a + b AS s FROM (SELECT a, b * 2 AS b FROM t WHERE b IS NOT NULL) WHERE a < 10) AS q WHERE s > 4;
--! expect
{"r":15}
{"r":7}
