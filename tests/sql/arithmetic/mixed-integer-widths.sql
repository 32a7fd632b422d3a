--! reason: The wider of two integer types is the type of the result.
--! file input/t.csv
127,32767,100000,10000000000
-128,2,3,4
--! sql
CREATE TABLE t (
  t TINYINT,
  s SMALLINT,
  i INT,
  l BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT t + t AS tt, t + s AS ts, s * i AS si, i + l AS il, t / i AS ti, l % t AS lt, t - 1 AS t1 FROM t;
--! expect
{"tt":-2,"ts":-32642,"si":-1018267296,"il":10000100000,"ti":0,"lt":61,"t1":126}
{"tt":0,"ts":-126,"si":6,"il":7,"ti":-42,"lt":4,"t1":-129}
