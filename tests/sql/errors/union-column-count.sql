--! reason: Both sides of a union have as many columns.
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
SELECT id, s FROM t UNION ALL SELECT id FROM t;
--! error: columns
