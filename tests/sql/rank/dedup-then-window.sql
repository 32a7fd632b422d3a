--! reason: Flink's answer to dedup-then-window.
--! parallelism 1
--! file input/d.csv
2024-01-01 00:00:05,a,1
2024-01-01 00:00:03,a,2
2024-01-01 00:00:09,a,3
2024-01-01 00:00:04,b,4
2024-01-01 00:00:04,b,5
2024-01-01 00:00:08,~,6
2024-01-01 00:00:07,~,7
--! sql
CREATE TABLE d (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '10' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/d.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE VIEW f AS SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts ASC) AS rn FROM d) WHERE rn = 1;
SELECT window_start, COUNT(*) AS c, SUM(v) AS s FROM TABLE(TUMBLE(TABLE f, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end;
--! expect streaming
{"window_start":"2024-01-01 00:00:00.000","c":2,"s":6}
{"window_start":"2024-01-01 00:00:05.000","c":1,"s":7}
