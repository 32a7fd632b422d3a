--! reason: Flink's answer to over-rows-bounded.
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
SELECT k, ts, v, SUM(v) OVER w AS s, COUNT(*) OVER w AS c, MAX(v) OVER w AS m, MIN(v) OVER w AS mn, AVG(v) OVER w AS a FROM o WINDOW w AS (PARTITION BY k ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);
--! expect
{"k":"a","ts":"2024-01-01 00:00:00.000","v":1,"s":1,"c":1,"m":1,"mn":1,"a":1}
{"k":"a","ts":"2024-01-01 00:00:01.000","v":2,"s":3,"c":2,"m":2,"mn":1,"a":1}
{"k":"a","ts":"2024-01-01 00:00:03.000","v":3,"s":5,"c":2,"m":3,"mn":2,"a":2}
{"k":"a","ts":"2024-01-01 00:00:04.000","v":4,"s":7,"c":2,"m":4,"mn":3,"a":3}
{"k":"a","ts":"2024-01-01 00:00:09.000","v":5,"s":9,"c":2,"m":5,"mn":4,"a":4}
{"k":"b","ts":"2024-01-01 00:00:02.000","v":10,"s":10,"c":1,"m":10,"mn":10,"a":10}
{"k":"b","ts":"2024-01-01 00:00:10.000","v":null,"s":10,"c":2,"m":10,"mn":10,"a":10}
{"k":"b","ts":"2024-01-01 00:00:11.000","v":30,"s":30,"c":2,"m":30,"mn":30,"a":30}
{"k":null,"ts":"2024-01-01 00:00:10.000","v":7,"s":7,"c":1,"m":7,"mn":7,"a":7}
