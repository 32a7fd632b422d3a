--! reason: A common table expression may use the ones before it, and be used twice.
--! file input/t.csv
1,1
2,2
3,~
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
WITH x AS (SELECT a, b FROM t WHERE a > 1), y (p, q) AS (SELECT a * 10, b FROM x) SELECT p, q FROM y UNION ALL SELECT a, b FROM x;
--! expect
{"p":2,"q":2}
{"p":20,"q":2}
{"p":3,"q":null}
{"p":30,"q":null}
