--! reason: Flink's answer to over-lag-lead.
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
SELECT k, ts, v, LAG(v) OVER (PARTITION BY k ORDER BY ts) AS p1, LAG(v, 2, -1) OVER (PARTITION BY k ORDER BY ts) AS p2 FROM o;
--! expect
{"k":"a","ts":"2024-01-01 00:00:00.000","v":1,"p1":null,"p2":-1}
{"k":"a","ts":"2024-01-01 00:00:01.000","v":2,"p1":1,"p2":-1}
{"k":"a","ts":"2024-01-01 00:00:03.000","v":3,"p1":2,"p2":1}
{"k":"a","ts":"2024-01-01 00:00:04.000","v":4,"p1":3,"p2":2}
{"k":"a","ts":"2024-01-01 00:00:09.000","v":5,"p1":4,"p2":3}
{"k":"b","ts":"2024-01-01 00:00:02.000","v":10,"p1":null,"p2":-1}
{"k":"b","ts":"2024-01-01 00:00:10.000","v":null,"p1":10,"p2":-1}
{"k":"b","ts":"2024-01-01 00:00:11.000","v":30,"p1":null,"p2":10}
{"k":null,"ts":"2024-01-01 00:00:10.000","v":7,"p1":null,"p2":-1}
