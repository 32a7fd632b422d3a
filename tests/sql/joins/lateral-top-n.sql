--! reason: LATERAL asks a query for each row on its left; ORDER BY and LIMIT are for each of them.
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
SELECT a.v, t.w FROM (SELECT DISTINCT k, v FROM a) a, LATERAL (SELECT w FROM b WHERE b.k <= a.k ORDER BY w DESC LIMIT 2) AS t(w);
--! expect
{"v":10,"w":"p"}
{"v":20,"w":"r"}
{"v":20,"w":"q"}
{"v":21,"w":"r"}
{"v":21,"w":"q"}
{"v":30,"w":"r"}
{"v":30,"w":"q"}
{"v":50,"w":"s"}
{"v":50,"w":"r"}
