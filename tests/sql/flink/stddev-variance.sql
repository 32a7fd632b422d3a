--! reason: aggregate, statistics: stddev variance
--! file input/t.csv
a,1,1.5
a,2,2.5
a,6,4
b,5,7
c,~,~
d,3,3
d,3,3
--! sql
CREATE TABLE t (
  g STRING,
  v INT,
  x DOUBLE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT g, STDDEV_POP(x) AS sp, STDDEV_SAMP(x) AS ss, VAR_POP(x) AS vp, VAR_SAMP(x) AS vs, STDDEV(x) AS sd, VARIANCE(x) AS va FROM t GROUP BY g;
--! expect
{"g":"a","sp":1.0274023338281628,"ss":1.2583057392117918,"vp":1.0555555555555556,"vs":1.5833333333333335,"sd":1.2583057392117918,"va":1.5833333333333335}
{"g":"b","sp":0.0,"ss":null,"vp":0.0,"vs":null,"sd":null,"va":null}
{"g":"c","sp":null,"ss":null,"vp":null,"vs":null,"sd":null,"va":null}
{"g":"d","sp":0.0,"ss":0.0,"vp":0.0,"vs":0.0,"sd":0.0,"va":0.0}
