--! reason: Integer division cuts towards zero and the remainder takes the sign of the dividend.
--! file input/t.csv
7,2
-7,2
7,-2
-7,-2
0,5
~,2
2,~
--! sql
CREATE TABLE t (
  a INT,
  b INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a, b, a / b AS q, a % b AS r, MOD(a, b) AS m, -a AS neg, a / CAST(b AS DOUBLE) AS d FROM t;
--! expect
{"a":-7,"b":-2,"q":3,"r":-1,"m":-1,"neg":7,"d":3.5}
{"a":-7,"b":2,"q":-3,"r":-1,"m":-1,"neg":7,"d":-3.5}
{"a":0,"b":5,"q":0,"r":0,"m":0,"neg":0,"d":0.0}
{"a":2,"b":null,"q":null,"r":null,"m":null,"neg":-2,"d":null}
{"a":7,"b":-2,"q":-3,"r":1,"m":1,"neg":-7,"d":-3.5}
{"a":7,"b":2,"q":3,"r":1,"m":1,"neg":-7,"d":3.5}
{"a":null,"b":2,"q":null,"r":null,"m":null,"neg":null,"d":null}
