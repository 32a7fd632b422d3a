--! reason: A watermark stands on a timestamp.
--! file input/t.csv
1,a,2024-01-01 00:00:00
--! sql
CREATE TABLE u (
  id INT,
  s STRING,
  WATERMARK FOR s AS s
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT * FROM u;
--! error: TIMESTAMP
