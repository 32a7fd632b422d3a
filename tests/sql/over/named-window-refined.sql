--! reason: A window refines a named one.
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
SELECT k, ts, COUNT(*) OVER (w ORDER BY ts) AS c, MAX(v) OVER (w ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS m FROM e WINDOW w AS (PARTITION BY k);
--! expect
{"k":"a","ts":"2024-01-01 00:00:02.000","c":1,"m":2}
{"k":"a","ts":"2024-01-01 00:00:04.000","c":2,"m":2}
{"k":"a","ts":"2024-01-01 00:00:09.000","c":3,"m":4}
{"k":"a","ts":"2024-01-01 00:00:12.000","c":4,"m":8}
{"k":"a","ts":"2024-01-01 00:00:16.000","c":5,"m":8}
{"k":"b","ts":"2024-01-01 00:00:03.000","c":1,"m":null}
{"k":"b","ts":"2024-01-01 00:00:07.000","c":2,"m":3}
{"k":"b","ts":"2024-01-01 00:00:11.000","c":3,"m":7}
