--! reason: The best keys of each window, known when it closes.
--! file input/e.csv
2024-01-01 00:00:04,a,1
2024-01-01 00:00:02,a,2
2024-01-01 00:00:07,b,3
2024-01-01 00:00:09,a,4
2024-01-01 00:00:03,b,~
2024-01-01 00:00:16,a,6
2024-01-01 00:00:11,b,7
2024-01-01 00:00:12,a,8
--! sql
CREATE TABLE e (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '20' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/e.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT window_start, k, s, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY s DESC) AS rn FROM (SELECT window_start, window_end, k, SUM(v) AS s FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, k)) WHERE rn <= 1;
--! expect
{"window_start":"2024-01-01 00:00:00.000","k":"a","s":3,"rn":1}
{"window_start":"2024-01-01 00:00:05.000","k":"a","s":4,"rn":1}
{"window_start":"2024-01-01 00:00:10.000","k":"a","s":8,"rn":1}
{"window_start":"2024-01-01 00:00:15.000","k":"a","s":6,"rn":1}
