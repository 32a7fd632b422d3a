--! reason: Flink's answer in batch mode (it refuses the stream) to over-batch-ntile-dist.
--! file input/o.csv
2024-01-01 00:00:00,a,1
2024-01-01 00:00:01,a,2
2024-01-01 00:00:03,a,3
2024-01-01 00:00:04,a,4
2024-01-01 00:00:02,b,10
2024-01-01 00:00:10,b,~
2024-01-01 00:00:11,b,30
2024-01-01 00:00:09,a,5
2024-01-01 00:00:10,~,7
--! sql
CREATE TABLE o (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/o.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, v, NTILE(2) OVER (PARTITION BY k ORDER BY ts) AS nt, PERCENT_RANK() OVER (PARTITION BY k ORDER BY ts) AS pr, CUME_DIST() OVER (PARTITION BY k ORDER BY ts) AS cd FROM o;
--! expect
{"k":"a","v":1,"nt":1,"pr":0.0,"cd":0.2}
{"k":"a","v":2,"nt":1,"pr":0.25,"cd":0.4}
{"k":"a","v":3,"nt":1,"pr":0.5,"cd":0.6}
{"k":"a","v":4,"nt":2,"pr":0.75,"cd":0.8}
{"k":"a","v":5,"nt":2,"pr":1.0,"cd":1.0}
{"k":"b","v":10,"nt":1,"pr":0.0,"cd":0.3333333333333333}
{"k":"b","v":30,"nt":2,"pr":1.0,"cd":1.0}
{"k":"b","v":null,"nt":1,"pr":0.5,"cd":0.6666666666666666}
{"k":null,"v":7,"nt":1,"pr":0.0,"cd":1.0}
