--! reason: A plain CAST of a string that is no timestamp fails the job.
--! file input/t.csv
2024-01-01 00:00:00
yesterday
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT CAST(s AS TIMESTAMP(3)) AS b FROM t;
--! error: yesterday
