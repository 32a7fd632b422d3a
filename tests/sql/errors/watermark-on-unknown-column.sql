--! reason: A watermark names a column of the table.
--! file input/t.csv
1,a,2024-01-01 00:00:00
--! sql
CREATE TABLE u (
  id INT,
  WATERMARK FOR nots AS nots
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT * FROM u;
--! error: 'nots'
