--! reason: A floating number is cut towards zero and saturates at INT and BIGINT; NaN gives 0.
--! file input/t.csv
1.9
-1.9
3e9
-3e9
1e300
NaN
0.1
~
--! sql
CREATE TABLE t (
  v DOUBLE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT v, CAST(v AS INT) AS i, CAST(v AS BIGINT) AS l, CAST(v AS FLOAT) AS f FROM t;
--! expect
{"v":"NaN","i":0,"l":0,"f":"NaN"}
{"v":-1.9,"i":-1,"l":-1,"f":-1.9}
{"v":-3.0E9,"i":-2147483648,"l":-3000000000,"f":-3.0E9}
{"v":0.1,"i":0,"l":0,"f":0.1}
{"v":1.0E300,"i":2147483647,"l":9223372036854775807,"f":"Infinity"}
{"v":1.9,"i":1,"l":1,"f":1.9}
{"v":3.0E9,"i":2147483647,"l":3000000000,"f":3.0E9}
{"v":null,"i":null,"l":null,"f":null}
