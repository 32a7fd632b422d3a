--! reason: Top-N of overlapping windows.
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
SELECT window_start, k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC) AS rn FROM TABLE(HOP(TABLE e, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '8' SECOND))) WHERE rn <= 2;
--! expect
{"window_start":"2023-12-31 23:59:56.000","k":"a","v":2}
{"window_start":"2023-12-31 23:59:56.000","k":"b","v":null}
{"window_start":"2024-01-01 00:00:00.000","k":"a","v":2}
{"window_start":"2024-01-01 00:00:00.000","k":"b","v":3}
{"window_start":"2024-01-01 00:00:04.000","k":"a","v":4}
{"window_start":"2024-01-01 00:00:04.000","k":"b","v":7}
{"window_start":"2024-01-01 00:00:08.000","k":"a","v":8}
{"window_start":"2024-01-01 00:00:08.000","k":"b","v":7}
{"window_start":"2024-01-01 00:00:12.000","k":"a","v":6}
{"window_start":"2024-01-01 00:00:12.000","k":"a","v":8}
{"window_start":"2024-01-01 00:00:16.000","k":"a","v":6}
