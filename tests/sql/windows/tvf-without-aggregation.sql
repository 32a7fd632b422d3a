--! reason: A window function alone adds three columns to each row.
--! file input/t.csv
2024-01-01 10:00:00,a,1
2024-01-01 10:00:59.999,b,2
2024-01-01 10:01:00,a,3
2024-01-01 10:04:59,a,~
2024-01-01 10:05:00,b,5
2024-01-01 10:12:30,a,6
2024-01-01 10:12:31,~,7
--! sql
CREATE TABLE t (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT v, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' MINUTES)) WHERE v IS NOT NULL;
--! expect
{"v":1,"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:05:00.000","window_time":"2024-01-01 10:04:59.999"}
{"v":2,"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:05:00.000","window_time":"2024-01-01 10:04:59.999"}
{"v":3,"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:05:00.000","window_time":"2024-01-01 10:04:59.999"}
{"v":5,"window_start":"2024-01-01 10:05:00.000","window_end":"2024-01-01 10:10:00.000","window_time":"2024-01-01 10:09:59.999"}
{"v":6,"window_start":"2024-01-01 10:10:00.000","window_end":"2024-01-01 10:15:00.000","window_time":"2024-01-01 10:14:59.999"}
{"v":7,"window_start":"2024-01-01 10:10:00.000","window_end":"2024-01-01 10:15:00.000","window_time":"2024-01-01 10:14:59.999"}
