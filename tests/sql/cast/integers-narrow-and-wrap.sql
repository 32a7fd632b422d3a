--! reason: A narrowing cast between integers keeps the low bits.
--! file input/t.csv
1
128
-129
32768
2147483648
-2147483649
9223372036854775807
~
--! sql
CREATE TABLE t (
  v BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT v, CAST(v AS INT) AS i, CAST(v AS SMALLINT) AS s, CAST(v AS TINYINT) AS t FROM t;
--! expect
{"v":-129,"i":-129,"s":-129,"t":127}
{"v":-2147483649,"i":2147483647,"s":-1,"t":-1}
{"v":1,"i":1,"s":1,"t":1}
{"v":128,"i":128,"s":128,"t":-128}
{"v":2147483648,"i":-2147483648,"s":0,"t":0}
{"v":32768,"i":32768,"s":-32768,"t":0}
{"v":9223372036854775807,"i":-1,"s":-1,"t":-1}
{"v":null,"i":null,"s":null,"t":null}
