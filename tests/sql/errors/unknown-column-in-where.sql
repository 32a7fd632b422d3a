--! reason: A column that is not there is named in a filter too.
--! file input/t.csv
1,a,2024-01-01 00:00:00
--! sql
CREATE TABLE t (
  id INT,
  s STRING,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id FROM t WHERE missing_col > 1;
--! error: 'missing_col'
