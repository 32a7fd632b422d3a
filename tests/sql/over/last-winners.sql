--! reason: The average over the last rows of a Top-1, the shape of Nexmark q6.
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
SELECT k, v, AVG(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS a FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, v > 3 ORDER BY v DESC) AS rn FROM e WHERE v IS NOT NULL) WHERE rn <= 1;
--! expect
{"k":"a","v":2,"a":2}
{"k":"a","v":8,"a":5}
{"k":"b","v":3,"a":3}
{"k":"b","v":7,"a":5}
