--! reason: Flink's answer to dedup-first-ties.
--! parallelism 1
--! file input/d.csv
2024-01-01 00:00:04,b,4
2024-01-01 00:00:04,b,5
2024-01-01 00:00:04,b,6
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
SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts ASC) AS rn FROM d) WHERE rn = 1;
--! expect streaming
{"k":"b","v":4}
