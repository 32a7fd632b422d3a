--! reason: A row too late for the first steps of CUMULATE still enters the later ones.
--! parallelism 1
--! file input/t.csv
2024-01-01 10:00:10,a,1
2024-01-01 10:01:30,a,2
2024-01-01 10:00:59,a,4
2024-01-01 10:01:10,b,8
2024-01-01 10:03:00,a,16
2024-01-01 10:01:59,b,32
2024-01-01 10:02:30,a,64
--! sql
CREATE TABLE t (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '0' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT window_start, window_end, SUM(v) AS s FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '3' MINUTES)) GROUP BY window_start, window_end;
--! expect streaming
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:01:00.000","s":1}
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:02:00.000","s":15}
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:03:00.000","s":15}
{"window_start":"2024-01-01 10:03:00.000","window_end":"2024-01-01 10:04:00.000","s":16}
{"window_start":"2024-01-01 10:03:00.000","window_end":"2024-01-01 10:05:00.000","s":16}
{"window_start":"2024-01-01 10:03:00.000","window_end":"2024-01-01 10:06:00.000","s":16}
--! expect batch
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:01:00.000","s":5}
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:02:00.000","s":47}
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:03:00.000","s":111}
{"window_start":"2024-01-01 10:03:00.000","window_end":"2024-01-01 10:04:00.000","s":16}
{"window_start":"2024-01-01 10:03:00.000","window_end":"2024-01-01 10:05:00.000","s":16}
{"window_start":"2024-01-01 10:03:00.000","window_end":"2024-01-01 10:06:00.000","s":16}
