--! reason: Flink's answer to over-distinct.
--! file input/o.csv
2024-01-01 00:00:00,a,1
2024-01-01 00:00:01,a,2
2024-01-01 00:00:01,a,3
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
SELECT k, ts, v, COUNT(DISTINCT v) OVER w AS d FROM o WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);
--! expect streaming
{"k":"a","ts":"2024-01-01 00:00:00.000","v":1,"d":1}
{"k":"a","ts":"2024-01-01 00:00:01.000","v":2,"d":3}
{"k":"a","ts":"2024-01-01 00:00:01.000","v":3,"d":3}
{"k":"a","ts":"2024-01-01 00:00:04.000","v":4,"d":4}
{"k":"a","ts":"2024-01-01 00:00:09.000","v":5,"d":5}
{"k":"b","ts":"2024-01-01 00:00:02.000","v":10,"d":1}
{"k":"b","ts":"2024-01-01 00:00:10.000","v":null,"d":1}
{"k":"b","ts":"2024-01-01 00:00:11.000","v":30,"d":2}
{"k":null,"ts":"2024-01-01 00:00:10.000","v":7,"d":1}
