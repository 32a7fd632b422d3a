--! reason: An aggregate in DEFINE counts the row at hand; the next element gets the row that breaks it.
--! file input/t.csv
2024-04-01 10:00:00,ACME,12
2024-04-01 10:00:01,ACME,17
2024-04-01 10:00:02,ACME,13
2024-04-01 10:00:03,ACME,16
2024-04-01 10:00:04,ACME,25
2024-04-01 10:00:05,ACME,2
2024-04-01 10:00:06,ACME,4
2024-04-01 10:00:07,ACME,10
2024-04-01 10:00:08,ACME,15
2024-04-01 10:00:09,ACME,25
2024-04-01 10:00:10,ACME,25
2024-04-01 10:00:11,ACME,30
--! sql
CREATE TABLE t (ts TIMESTAMP(3), symbol STRING, price INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv'
);
SELECT start_ts, end_ts, avg_price FROM t MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES FIRST(A.ts) AS start_ts, LAST(A.ts) AS end_ts, AVG(CAST(A.price AS DOUBLE)) AS avg_price
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A+ B)
  DEFINE A AS AVG(CAST(A.price AS DOUBLE)) < 15
) AS m;
--! expect
{"start_ts":"2024-04-01 10:00:00.000","end_ts":"2024-04-01 10:00:03.000","avg_price":14.5}
{"start_ts":"2024-04-01 10:00:05.000","end_ts":"2024-04-01 10:00:10.000","avg_price":13.5}
