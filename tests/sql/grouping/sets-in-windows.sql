--! reason: Sets of keys within windows: the result is only added to.
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
SELECT window_start, k, GROUPING(k) AS g, SUM(v) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, GROUPING SETS ((k), ());
--! expect
{"window_start":"2024-01-01 10:00:00.000","k":"a","g":0,"s":4}
{"window_start":"2024-01-01 10:00:00.000","k":"b","g":0,"s":7}
{"window_start":"2024-01-01 10:00:00.000","k":null,"g":1,"s":11}
{"window_start":"2024-01-01 10:10:00.000","k":"a","g":0,"s":6}
{"window_start":"2024-01-01 10:10:00.000","k":null,"g":0,"s":7}
{"window_start":"2024-01-01 10:10:00.000","k":null,"g":1,"s":13}
