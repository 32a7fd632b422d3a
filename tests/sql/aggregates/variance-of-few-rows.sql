--! reason: Sample variance of one row is NULL, population variance is 0.
--! file input/t.csv
a,1
b,1
b,3
c,~
d,2
d,2
d,~
d,8
--! sql
CREATE TABLE t (
  k STRING,
  d DOUBLE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, VAR_POP(d) AS vp, VAR_SAMP(d) AS vs, STDDEV_POP(d) AS sp, STDDEV_SAMP(d) AS ss FROM t GROUP BY k;
--! expect
{"k":"a","vp":0.0,"vs":null,"sp":0.0,"ss":null}
{"k":"b","vp":1.0,"vs":2.0,"sp":1.0,"ss":1.4142135623730951}
{"k":"c","vp":null,"vs":null,"sp":null,"ss":null}
{"k":"d","vp":8.0,"vs":12.0,"sp":2.8284271247461903,"ss":3.4641016151377544}
