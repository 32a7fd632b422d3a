--! reason: Flink's answer to over-first-last-value.
--! file input/o.csv
2024-01-01 00:00:00,a,1
2024-01-01 00:00:01,a,2
2024-01-01 00:00:03,a,3
2024-01-01 00:00:04,a,4
2024-01-01 00:00:02,b,10
2024-01-01 00:00:10,b,~
2024-01-01 00:00:11,b,30
2024-01-01 00:00:09,a,5
2024-01-01 00:00:10,~,7
--! sql
CREATE TABLE o (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/o.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, ts, v, FIRST_VALUE(v) OVER w AS f, LAST_VALUE(v) OVER w AS l FROM o WINDOW w AS (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW);
--! expect
{"k":"a","ts":"2024-01-01 00:00:00.000","v":1,"f":1,"l":1}
{"k":"a","ts":"2024-01-01 00:00:01.000","v":2,"f":1,"l":2}
{"k":"a","ts":"2024-01-01 00:00:03.000","v":3,"f":1,"l":3}
{"k":"a","ts":"2024-01-01 00:00:04.000","v":4,"f":2,"l":4}
{"k":"a","ts":"2024-01-01 00:00:09.000","v":5,"f":3,"l":5}
{"k":"b","ts":"2024-01-01 00:00:02.000","v":10,"f":10,"l":10}
{"k":"b","ts":"2024-01-01 00:00:10.000","v":null,"f":10,"l":10}
{"k":"b","ts":"2024-01-01 00:00:11.000","v":30,"f":10,"l":30}
{"k":null,"ts":"2024-01-01 00:00:10.000","v":7,"f":7,"l":7}
