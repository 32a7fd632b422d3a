--! reason: Two different windows in one SELECT.
--! file input/e.csv
2024-01-01 00:00:04,a,1
2024-01-01 00:00:02,a,2
2024-01-01 00:00:07,b,3
2024-01-01 00:00:09,a,4
2024-01-01 00:00:03,b,~
2024-01-01 00:00:16,a,6
2024-01-01 00:00:11,b,7
2024-01-01 00:00:12,a,8
--! sql
CREATE TABLE e (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '20' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/e.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, ts, SUM(v) OVER (PARTITION BY k ORDER BY ts) AS by_k, COUNT(*) OVER (ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS last3 FROM e;
--! expect
{"k":"a","ts":"2024-01-01 00:00:02.000","by_k":2,"last3":1}
{"k":"a","ts":"2024-01-01 00:00:04.000","by_k":3,"last3":3}
{"k":"a","ts":"2024-01-01 00:00:09.000","by_k":7,"last3":3}
{"k":"a","ts":"2024-01-01 00:00:12.000","by_k":15,"last3":3}
{"k":"a","ts":"2024-01-01 00:00:16.000","by_k":21,"last3":3}
{"k":"b","ts":"2024-01-01 00:00:03.000","by_k":null,"last3":2}
{"k":"b","ts":"2024-01-01 00:00:07.000","by_k":3,"last3":3}
{"k":"b","ts":"2024-01-01 00:00:11.000","by_k":10,"last3":3}
