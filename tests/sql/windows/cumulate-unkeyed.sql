--! reason: CUMULATE grows a window by steps; a step without new rows repeats the sum so far.
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
SELECT window_start, window_end, COUNT(*) AS c, SUM(v) AS s FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' MINUTES, INTERVAL '15' MINUTES)) GROUP BY window_start, window_end;
--! expect
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:05:00.000","c":4,"s":6}
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:10:00.000","c":5,"s":11}
{"window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:15:00.000","c":7,"s":24}
