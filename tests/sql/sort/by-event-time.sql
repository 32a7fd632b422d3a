--! reason: ORDER BY event time first.
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
SELECT ts, k, v FROM e ORDER BY ts, v DESC;
--! expect
{"ts":"2024-01-01 00:00:02.000","k":"a","v":2}
{"ts":"2024-01-01 00:00:03.000","k":"b","v":null}
{"ts":"2024-01-01 00:00:04.000","k":"a","v":1}
{"ts":"2024-01-01 00:00:07.000","k":"b","v":3}
{"ts":"2024-01-01 00:00:09.000","k":"a","v":4}
{"ts":"2024-01-01 00:00:11.000","k":"b","v":7}
{"ts":"2024-01-01 00:00:12.000","k":"a","v":8}
{"ts":"2024-01-01 00:00:16.000","k":"a","v":6}
