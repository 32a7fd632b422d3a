--! reason: EXISTS and IN as values, under OR and in SELECT.
--! file input/a.csv
1,x,10
2,y,20
2,y,21
3,z,30
~,n,40
5,,50
--! file input/b.csv
1,p
2,q
2,r
4,s
~,t
--! sql
CREATE TABLE a (
  k INT,
  n STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/a.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE b (
  k INT,
  w STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/b.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT v, k IN (SELECT k FROM b WHERE k IS NOT NULL) AS known, k IN (SELECT k FROM b) AS sure FROM a WHERE v > 40 OR EXISTS (SELECT 1 FROM b WHERE b.k = a.k);
--! expect
{"v":10,"known":true,"sure":true}
{"v":20,"known":true,"sure":true}
{"v":21,"known":true,"sure":true}
{"v":50,"known":false,"sure":null}
