--! reason: SUM, MIN and MAX with NaN and infinities.
--! file input/t.csv
a,NaN
a,1
b,Infinity
b,1
c,Infinity
c,-Infinity
d,~
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
SELECT k, SUM(d) AS s, COUNT(d) AS c, AVG(d) AS a FROM t GROUP BY k;
--! expect
{"k":"a","s":"NaN","c":2,"a":"NaN"}
{"k":"b","s":"Infinity","c":2,"a":"Infinity"}
{"k":"c","s":"NaN","c":2,"a":"NaN"}
{"k":"d","s":null,"c":0,"a":null}
