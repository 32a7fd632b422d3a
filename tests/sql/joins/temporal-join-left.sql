--! reason: join, temporal-join, left: temporal join left
--! file input/orders.csv
1,EUR,100,2024-01-01 09:59:59.999
2,EUR,100,2024-01-01 10:00:00
3,USD,50,2024-01-01 10:30:00
4,GBP,10,2024-01-01 10:30:00
5,GBP,10,2024-01-01 11:00:01
7,JPY,9,2024-01-01 12:00:00
8,~,9,2024-01-01 12:00:00
6,EUR,1,2024-01-01 23:00:00
--! file input/rates_log.csv
EUR,1.10,2024-01-01 00:00:00
USD,1.00,2024-01-01 00:00:00
EUR,1.20,2024-01-01 10:00:00
GBP,1.50,2024-01-01 11:00:00
EUR,1.30,2024-01-01 12:00:00
--! sql
CREATE TABLE orders (
  id INT,
  cur STRING,
  amt INT,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/orders.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE rates_log (
  cur STRING,
  rate DECIMAL(6,2),
  rt TIMESTAMP(3),
  WATERMARK FOR rt AS rt - INTERVAL '1' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/rates_log.csv',
  'format' = 'csv'
);
CREATE VIEW rates AS SELECT cur, rate, rt FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cur ORDER BY rt DESC) AS rn FROM rates_log) WHERE rn = 1;
SELECT o.id, o.cur, r.rate, r.rt FROM orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.cur = r.cur;
--! types {"rate": "DECIMAL(6, 2)"}
--! expect streaming
{"id":1,"cur":"EUR","rate":"1.10","rt":"2024-01-01 00:00:00.000"}
{"id":2,"cur":"EUR","rate":"1.20","rt":"2024-01-01 10:00:00.000"}
{"id":3,"cur":"USD","rate":"1.00","rt":"2024-01-01 00:00:00.000"}
{"id":4,"cur":"GBP","rate":null,"rt":null}
{"id":5,"cur":"GBP","rate":"1.50","rt":"2024-01-01 11:00:00.000"}
{"id":6,"cur":"EUR","rate":"1.30","rt":"2024-01-01 12:00:00.000"}
{"id":7,"cur":"JPY","rate":null,"rt":null}
{"id":8,"cur":null,"rate":null,"rt":null}
