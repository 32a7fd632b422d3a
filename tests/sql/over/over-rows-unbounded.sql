--! reason: Flink's answer to over-rows-unbounded.
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
SELECT k, ts, v, SUM(v) OVER w AS s, COUNT(*) OVER w AS c, MAX(v) OVER w AS m FROM o WINDOW w AS (PARTITION BY k ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);
--! expect
{"k":"a","ts":"2024-01-01 00:00:00.000","v":1,"s":1,"c":1,"m":1}
{"k":"a","ts":"2024-01-01 00:00:01.000","v":2,"s":3,"c":2,"m":2}
{"k":"a","ts":"2024-01-01 00:00:03.000","v":3,"s":6,"c":3,"m":3}
{"k":"a","ts":"2024-01-01 00:00:04.000","v":4,"s":10,"c":4,"m":4}
{"k":"a","ts":"2024-01-01 00:00:09.000","v":5,"s":15,"c":5,"m":5}
{"k":"b","ts":"2024-01-01 00:00:02.000","v":10,"s":10,"c":1,"m":10}
{"k":"b","ts":"2024-01-01 00:00:10.000","v":null,"s":10,"c":2,"m":10}
{"k":"b","ts":"2024-01-01 00:00:11.000","v":30,"s":40,"c":3,"m":30}
{"k":null,"ts":"2024-01-01 00:00:10.000","v":7,"s":7,"c":1,"m":7}
