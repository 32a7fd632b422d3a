--! reason: With a delay of the watermark the same late rows are in time.
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
  WATERMARK FOR ts AS ts - INTERVAL '90' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT window_start, SUM(v) AS s, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
--! expect
{"window_start":"2024-01-01 10:00:00.000","s":5,"c":2}
{"window_start":"2024-01-01 10:01:00.000","s":42,"c":3}
{"window_start":"2024-01-01 10:02:00.000","s":64,"c":1}
{"window_start":"2024-01-01 10:03:00.000","s":16,"c":1}
