--! reason: join, cross: cross join
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
SELECT a.v, b.w FROM a CROSS JOIN b;
--! expect
{"v":10,"w":"p"}
{"v":10,"w":"q"}
{"v":10,"w":"r"}
{"v":10,"w":"s"}
{"v":10,"w":"t"}
{"v":20,"w":"p"}
{"v":20,"w":"q"}
{"v":20,"w":"r"}
{"v":20,"w":"s"}
{"v":20,"w":"t"}
{"v":21,"w":"p"}
{"v":21,"w":"q"}
{"v":21,"w":"r"}
{"v":21,"w":"s"}
{"v":21,"w":"t"}
{"v":30,"w":"p"}
{"v":30,"w":"q"}
{"v":30,"w":"r"}
{"v":30,"w":"s"}
{"v":30,"w":"t"}
{"v":40,"w":"p"}
{"v":40,"w":"q"}
{"v":40,"w":"r"}
{"v":40,"w":"s"}
{"v":40,"w":"t"}
{"v":50,"w":"p"}
{"v":50,"w":"q"}
{"v":50,"w":"r"}
{"v":50,"w":"s"}
{"v":50,"w":"t"}
