--! reason: Windows that overlap: each of them is a group of its own.
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
SELECT window_start, window_end, SUM(c) AS c, COUNT(*) AS keys FROM (SELECT k, window_start, window_end, COUNT(v) AS c FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '10' MINUTE)) GROUP BY k, window_start, window_end) WHERE c > 0 GROUP BY window_start, window_end;
--! expect
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:05:00.000","c":3,"keys":2}
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:10:00.000","c":4,"keys":2}
{"window_start":"2024-01-01 10:10:00.000","window_end":"2024-01-01 10:15:00.000","c":2,"keys":2}
{"window_start":"2024-01-01 10:10:00.000","window_end":"2024-01-01 10:20:00.000","c":2,"keys":2}
