--! reason: SESSION as a table function gives each row the window that its session has in the end, not the one it began with.
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
SELECT * FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2' MINUTES));
--! expect streaming
{"ts":"2024-01-01 10:00:00.000","k":"a","v":1,"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:03:00.000","window_time":"2024-01-01 10:02:59.999"}
{"ts":"2024-01-01 10:01:00.000","k":"a","v":3,"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:03:00.000","window_time":"2024-01-01 10:02:59.999"}
{"ts":"2024-01-01 10:04:59.000","k":"a","v":null,"window_start":"2024-01-01 10:04:59.000","window_end":"2024-01-01 10:06:59.000","window_time":"2024-01-01 10:06:58.999"}
{"ts":"2024-01-01 10:12:30.000","k":"a","v":6,"window_start":"2024-01-01 10:12:30.000","window_end":"2024-01-01 10:14:30.000","window_time":"2024-01-01 10:14:29.999"}
{"ts":"2024-01-01 10:00:59.999","k":"b","v":2,"window_start":"2024-01-01 10:00:59.999","window_end":"2024-01-01 10:02:59.999","window_time":"2024-01-01 10:02:59.998"}
{"ts":"2024-01-01 10:05:00.000","k":"b","v":5,"window_start":"2024-01-01 10:05:00.000","window_end":"2024-01-01 10:07:00.000","window_time":"2024-01-01 10:06:59.999"}
{"ts":"2024-01-01 10:12:31.000","k":null,"v":7,"window_start":"2024-01-01 10:12:31.000","window_end":"2024-01-01 10:14:31.000","window_time":"2024-01-01 10:14:30.999"}
