--! reason: SESSION without a key sees all rows as one sequence; a gap of exactly the size starts a new session.
--! file input/t.csv
2024-01-01 10:00:00,a,1
2024-01-01 10:01:00,a,1
2024-01-01 10:01:59.999,b,1
2024-01-01 10:03:00,b,1
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
SELECT window_start, window_end, COUNT(*) AS c FROM TABLE(SESSION(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTES)) GROUP BY window_start, window_end;
--! expect streaming
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:02:59.999","c":3}
{"window_start":"2024-01-01 10:03:00.000","window_end":"2024-01-01 10:04:00.000","c":1}
