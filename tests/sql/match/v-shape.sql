--! reason: The example of Flink's documentation: a price that falls and rises again.
--! file input/t.csv
2024-04-01 10:00:00,ACME,12
2024-04-01 10:00:01,ACME,17
2024-04-01 10:00:01,OTHER,30
2024-04-01 10:00:02,ACME,19
2024-04-01 10:00:03,ACME,21
2024-04-01 10:00:03,OTHER,29
2024-04-01 10:00:04,ACME,25
2024-04-01 10:00:05,ACME,18
2024-04-01 10:00:06,ACME,15
2024-04-01 10:00:07,ACME,14
2024-04-01 10:00:07,OTHER,33
2024-04-01 10:00:08,ACME,24
2024-04-01 10:00:09,ACME,25
2024-04-01 10:00:10,ACME,19
2024-04-01 10:00:11,ACME,20
--! sql
CREATE TABLE t (ts TIMESTAMP(3), symbol STRING, price INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv'
);
SELECT symbol, start_ts, bottom_ts, end_ts, lowest, falls FROM t MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES START_ROW.ts AS start_ts, LAST(PRICE_DOWN.ts) AS bottom_ts, LAST(PRICE_UP.ts) AS end_ts,
    MIN(PRICE_DOWN.price) AS lowest, COUNT(PRICE_DOWN.price) AS falls
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO LAST PRICE_UP
  PATTERN (START_ROW PRICE_DOWN+ PRICE_UP)
  DEFINE
    PRICE_DOWN AS (LAST(PRICE_DOWN.price, 1) IS NULL AND PRICE_DOWN.price < START_ROW.price) OR PRICE_DOWN.price < LAST(PRICE_DOWN.price, 1),
    PRICE_UP AS PRICE_UP.price > LAST(PRICE_DOWN.price)
) AS m;
--! expect
{"symbol":"ACME","start_ts":"2024-04-01 10:00:04.000","bottom_ts":"2024-04-01 10:00:07.000","end_ts":"2024-04-01 10:00:08.000","lowest":14,"falls":3}
{"symbol":"ACME","start_ts":"2024-04-01 10:00:09.000","bottom_ts":"2024-04-01 10:00:10.000","end_ts":"2024-04-01 10:00:11.000","lowest":19,"falls":1}
{"symbol":"OTHER","start_ts":"2024-04-01 10:00:01.000","bottom_ts":"2024-04-01 10:00:03.000","end_ts":"2024-04-01 10:00:07.000","lowest":29,"falls":1}
