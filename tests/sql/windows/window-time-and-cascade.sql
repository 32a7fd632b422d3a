--! reason: window_time is a time attribute: windows of windows add up.
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
CREATE VIEW w AS SELECT k, window_time AS rt, SUM(v) AS s, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY k, window_start, window_end, window_time;
SELECT window_start, SUM(s) AS s, SUM(c) AS c FROM TABLE(TUMBLE(TABLE w, DESCRIPTOR(rt), INTERVAL '10' MINUTES)) GROUP BY window_start, window_end;
--! expect
{"window_start":"2024-01-01 10:00:00.000","s":11,"c":5}
{"window_start":"2024-01-01 10:10:00.000","s":13,"c":2}
