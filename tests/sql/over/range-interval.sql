--! reason: RANGE with an interval.
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
SELECT k, ts, v, SUM(v) OVER w AS s, COUNT(v) OVER w AS c, MIN(v) OVER w AS m FROM e WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '5' SECOND PRECEDING AND CURRENT ROW);
--! expect
{"k":"a","ts":"2024-01-01 00:00:02.000","v":2,"s":2,"c":1,"m":2}
{"k":"a","ts":"2024-01-01 00:00:04.000","v":1,"s":3,"c":2,"m":1}
{"k":"a","ts":"2024-01-01 00:00:09.000","v":4,"s":5,"c":2,"m":1}
{"k":"a","ts":"2024-01-01 00:00:12.000","v":8,"s":12,"c":2,"m":4}
{"k":"a","ts":"2024-01-01 00:00:16.000","v":6,"s":14,"c":2,"m":6}
{"k":"b","ts":"2024-01-01 00:00:03.000","v":null,"s":null,"c":0,"m":null}
{"k":"b","ts":"2024-01-01 00:00:07.000","v":3,"s":3,"c":1,"m":3}
{"k":"b","ts":"2024-01-01 00:00:11.000","v":7,"s":10,"c":2,"m":3}
