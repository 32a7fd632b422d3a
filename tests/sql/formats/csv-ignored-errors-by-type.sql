--! reason: With ignore-parse-errors a bad field is NULL and its row stays, whatever the type.
--! file input/t.csv
x,x,x,x,x,x
1,2024-01-01,2024-01-01 00:00:00,true,1.5,ok
2147483648,2024-13-01,2024-01-01T00:00:00,yes,12345.6,fine
--! sql
CREATE TABLE t (
  i INT,
  d DATE,
  ts TIMESTAMP(3),
  b BOOLEAN,
  c DECIMAL(4, 1),
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~',
  'csv.ignore-parse-errors' = 'true'
);
SELECT * FROM t;
--! types {"c": "DECIMAL(4, 1)"}
--! expect
{"i":1,"d":"2024-01-01","ts":"2024-01-01 00:00:00.000","b":true,"c":"1.5","s":"ok"}
{"i":null,"d":null,"ts":null,"b":false,"c":null,"s":"fine"}
{"i":null,"d":null,"ts":null,"b":false,"c":null,"s":"x"}
