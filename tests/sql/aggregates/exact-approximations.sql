--! reason: APPROX_COUNT_DISTINCT is exact here, and ignores NULL.
--! file input/t.csv
1
2
2
~
--! sql
CREATE TABLE t (
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT APPROX_COUNT_DISTINCT(a) AS n FROM t;
--! expect
{"n":2}
