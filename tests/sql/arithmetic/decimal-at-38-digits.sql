--! reason: At 38 digits the scale is cut so that the whole part fits, and what still does not fit is NULL.
--! file input/t.csv
2.5,4
1234567890.0123456789,1
9999999999999999999999999999.0,10000000000
1,3
--! sql
CREATE TABLE t (
  a DECIMAL(38, 10),
  b DECIMAL(38, 10)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a * b AS m, a / b AS q, a + b AS s FROM t;
--! types {"m": "DECIMAL(38, 6)", "q": "DECIMAL(38, 6)", "s": "DECIMAL(38, 9)"}
--! expect
{"m":"10.000000","q":"0.625000","s":"6.500000000"}
{"m":"1234567890.012346","q":"1234567890.012346","s":"1234567891.012345679"}
{"m":"3.000000","q":"0.333333","s":"4.000000000"}
{"m":null,"q":"1000000000000000000.000000","s":"10000000000000000009999999999.000000000"}
