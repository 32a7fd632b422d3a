--! reason: A match may begin in the middle of another one.
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
SELECT symbol, start_price, end_price FROM t MATCH_RECOGNIZE (
  PARTITION BY symbol ORDER BY ts
  MEASURES START_ROW.price AS start_price, PRICE_UP.price AS end_price
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (START_ROW PRICE_DOWN+ PRICE_UP)
  DEFINE
    PRICE_DOWN AS (LAST(PRICE_DOWN.price, 1) IS NULL AND PRICE_DOWN.price < START_ROW.price) OR PRICE_DOWN.price < LAST(PRICE_DOWN.price, 1),
    PRICE_UP AS PRICE_UP.price > LAST(PRICE_DOWN.price)
) AS m;
--! expect
{"symbol":"ACME","start_price":25,"end_price":24}
{"symbol":"ACME","start_price":18,"end_price":24}
{"symbol":"ACME","start_price":15,"end_price":24}
{"symbol":"ACME","start_price":25,"end_price":20}
{"symbol":"OTHER","start_price":30,"end_price":33}
