--! reason: An offset moves the windows of HOP.
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
SELECT window_start, window_end, COUNT(*) AS c, MAX(v) AS m FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' MINUTES, INTERVAL '10' MINUTES, INTERVAL '1' MINUTES)) GROUP BY window_start, window_end;
--! expect
{"window_start":"2024-01-01 09:51:00.000","window_end":"2024-01-01 10:01:00.000","c":2,"m":2}
{"window_start":"2024-01-01 09:56:00.000","window_end":"2024-01-01 10:06:00.000","c":5,"m":5}
{"window_start":"2024-01-01 10:01:00.000","window_end":"2024-01-01 10:11:00.000","c":3,"m":5}
{"window_start":"2024-01-01 10:06:00.000","window_end":"2024-01-01 10:16:00.000","c":2,"m":7}
{"window_start":"2024-01-01 10:11:00.000","window_end":"2024-01-01 10:21:00.000","c":2,"m":7}
