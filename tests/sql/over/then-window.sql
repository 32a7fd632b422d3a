--! reason: OVER keeps the time attribute.
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
SELECT window_start, MAX(s) AS m FROM TABLE(TUMBLE(DATA => (SELECT ts, SUM(v) OVER (PARTITION BY k ORDER BY ts) AS s FROM e), TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' SECOND)) GROUP BY window_start, window_end;
--! expect
{"window_start":"2024-01-01 00:00:00.000","m":7}
{"window_start":"2024-01-01 00:00:10.000","m":21}
