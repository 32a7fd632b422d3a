--! reason: A key must say NOT ENFORCED, because nothing enforces it.
--! file input/t.csv
1,a,2024-01-01 00:00:00
--! sql
CREATE TABLE t (
  a INT,
  PRIMARY KEY (a)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT 1;
--! error: NOT ENFORCED
