--! reason: Floating division by zero gives an infinity or NaN.
--! file input/t.csv
1,0
-1,0
0,0
1.5,0.5
~,0
--! sql
CREATE TABLE t (
  a DOUBLE,
  b DOUBLE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a, a / b AS q, a * b AS m, a + b AS s FROM t;
--! expect
{"a":-1.0,"q":"-Infinity","m":-0.0,"s":-1.0}
{"a":0.0,"q":"NaN","m":0.0,"s":0.0}
{"a":1.0,"q":"Infinity","m":0.0,"s":1.0}
{"a":1.5,"q":3.0,"m":0.75,"s":2.0}
{"a":null,"q":null,"m":null,"s":null}
