--! reason: Flink's answer to dedup-first-row.
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
SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts ASC) AS rn FROM d) WHERE rn = 1;
--! expect streaming
{"k":"a","v":2,"ts":"2024-01-01 00:00:03.000"}
{"k":"b","v":4,"ts":"2024-01-01 00:00:04.000"}
{"k":null,"v":7,"ts":"2024-01-01 00:00:07.000"}
