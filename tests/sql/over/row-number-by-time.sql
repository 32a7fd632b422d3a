--! reason: ROW_NUMBER without a bound is an OVER aggregate, which a stream has by time.
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
SELECT k, ts, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM e;
--! expect
{"k":"a","ts":"2024-01-01 00:00:02.000","rn":1}
{"k":"a","ts":"2024-01-01 00:00:04.000","rn":2}
{"k":"a","ts":"2024-01-01 00:00:09.000","rn":3}
{"k":"a","ts":"2024-01-01 00:00:12.000","rn":4}
{"k":"a","ts":"2024-01-01 00:00:16.000","rn":5}
{"k":"b","ts":"2024-01-01 00:00:03.000","rn":1}
{"k":"b","ts":"2024-01-01 00:00:07.000","rn":2}
{"k":"b","ts":"2024-01-01 00:00:11.000","rn":3}
