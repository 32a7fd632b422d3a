--! reason: Flink's answer in batch mode (it refuses the stream) to over-batch-following.
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
SELECT k, ts, v, SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS s FROM o;
--! expect
{"k":"a","ts":"2024-01-01 00:00:00.000","v":1,"s":3}
{"k":"a","ts":"2024-01-01 00:00:01.000","v":2,"s":6}
{"k":"a","ts":"2024-01-01 00:00:03.000","v":3,"s":9}
{"k":"a","ts":"2024-01-01 00:00:04.000","v":4,"s":12}
{"k":"a","ts":"2024-01-01 00:00:09.000","v":5,"s":9}
{"k":"b","ts":"2024-01-01 00:00:02.000","v":10,"s":10}
{"k":"b","ts":"2024-01-01 00:00:10.000","v":null,"s":40}
{"k":"b","ts":"2024-01-01 00:00:11.000","v":30,"s":30}
{"k":null,"ts":"2024-01-01 00:00:10.000","v":7,"s":7}
