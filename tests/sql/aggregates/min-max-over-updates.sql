--! reason: MIN and MAX over an updating input must find the next value when the extreme one is taken back.
--! file input/t.csv
x,a,10
x,b,5
x,a,-9
x,b,100
y,a,1
x,c,7
x,b,-104
y,a,~
--! sql
CREATE TABLE t (
  g STRING,
  k STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT g, MIN(s) AS mn, MAX(s) AS mx, COUNT(*) AS c FROM (SELECT g, k, SUM(v) AS s FROM t GROUP BY g, k) GROUP BY g;
--! expect
{"g":"x","mn":1,"mx":7,"c":3}
{"g":"y","mn":1,"mx":1,"c":1}
