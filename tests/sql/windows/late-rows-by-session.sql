--! reason: A row late for its own session is dropped, while one that joins an open session counts.
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
SELECT k, window_start, window_end, SUM(v) AS s FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '40' SECONDS)) GROUP BY k, window_start, window_end;
--! expect streaming
{"k":"a","window_start":"2024-01-01 10:00:10.000","window_end":"2024-01-01 10:00:50.000","s":1}
{"k":"a","window_start":"2024-01-01 10:00:59.000","window_end":"2024-01-01 10:02:10.000","s":6}
{"k":"a","window_start":"2024-01-01 10:02:30.000","window_end":"2024-01-01 10:03:40.000","s":80}
{"k":"b","window_start":"2024-01-01 10:01:10.000","window_end":"2024-01-01 10:01:50.000","s":8}
