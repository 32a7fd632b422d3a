--! reason: join, aggregate, retraction: join aggregate key upsert
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
SELECT x.k, x.m, b.w FROM (SELECT k, MAX(v) AS m FROM a GROUP BY k) x JOIN b ON x.k = b.k WHERE x.m > 10;
--! expect
{"k":2,"m":21,"w":"q"}
{"k":2,"m":21,"w":"r"}
