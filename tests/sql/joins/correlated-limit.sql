--! reason: LIMIT in a correlated sub-query is a limit for each row of the outer query.
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
SELECT v, (SELECT w FROM b WHERE b.k = a.k ORDER BY w DESC LIMIT 1) AS w FROM a;
--! expect
{"v":10,"w":"p"}
{"v":20,"w":"r"}
{"v":21,"w":"r"}
{"v":30,"w":null}
{"v":40,"w":null}
{"v":50,"w":null}
