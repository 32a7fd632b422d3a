--! reason: SUM, AVG and COUNT of a changing input, where a group comes to be empty and vanishes.
--! file input/t.csv
a,k1,1
a,k2,2
b,k1,10
b,k2,~
c,k2,5
a,k3,7
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
SELECT g2, SUM(s) AS ss, AVG(s) AS av, COUNT(s) AS c FROM (SELECT k, MAX(g) AS g2, SUM(v) AS s FROM t GROUP BY k) GROUP BY g2;
--! expect
{"g2":"a","ss":7,"av":7,"c":1}
{"g2":"b","ss":11,"av":11,"c":1}
{"g2":"c","ss":7,"av":7,"c":1}
