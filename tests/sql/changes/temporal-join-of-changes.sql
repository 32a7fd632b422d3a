--! reason: Change events with event time are a versioned table: each order meets the rate of its time, deleted ones no more.
--! file orders/orders.csv
1,EUR,100,2024-01-01 10:01:00
2,EUR,100,2024-01-01 10:06:00
3,USD,100,2024-01-01 10:07:00
4,EUR,100,2024-01-01 10:12:00
--! file rates/rates.json
{"before":null,"after":{"currency":"EUR","rate":2,"ts":"2024-01-01 10:00:00"},"op":"c"}
{"before":null,"after":{"currency":"USD","rate":1,"ts":"2024-01-01 10:00:00"},"op":"c"}
{"before":{"currency":"EUR","rate":2,"ts":"2024-01-01 10:00:00"},"after":{"currency":"EUR","rate":3,"ts":"2024-01-01 10:05:00"},"op":"u"}
{"before":{"currency":"EUR","rate":3,"ts":"2024-01-01 10:10:00"},"after":null,"op":"d"}
--! sql
CREATE TABLE orders (
  id INT,
  currency STRING,
  amount INT,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/orders',
  'format' = 'csv'
);
CREATE TABLE rates (
  currency STRING,
  rate INT,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts,
  PRIMARY KEY (currency) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/rates',
  'format' = 'debezium-json'
);
SELECT o.id, o.amount * r.rate AS price
FROM orders AS o
LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.currency = r.currency;
--! expect streaming
{"id":1,"price":200}
{"id":2,"price":300}
{"id":3,"price":100}
{"id":4,"price":null}
