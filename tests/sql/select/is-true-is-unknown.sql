--! reason: IS [NOT] TRUE, FALSE and UNKNOWN turn three values into two.
--! file input/t.csv
true
false
~
--! sql
CREATE TABLE t (
  b BOOLEAN
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT b, b IS TRUE AS t, b IS NOT TRUE AS nt, b IS FALSE AS f, b IS NOT FALSE AS nf, b IS UNKNOWN AS u, b IS NOT UNKNOWN AS nu, NOT b AS neg FROM t;
--! expect
{"b":false,"t":false,"nt":true,"f":true,"nf":false,"u":false,"nu":true,"neg":true}
{"b":null,"t":false,"nt":true,"f":false,"nf":true,"u":true,"nu":false,"neg":null}
{"b":true,"t":true,"nt":false,"f":false,"nf":true,"u":false,"nu":true,"neg":false}
