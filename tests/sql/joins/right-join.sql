--! reason: Rows of the right side without a partner come once, with NULLs.
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
SELECT a.v, b.k, b.w FROM a RIGHT JOIN b ON a.k = b.k;
--! expect
{"v":10,"k":1,"w":"p"}
{"v":20,"k":2,"w":"q"}
{"v":20,"k":2,"w":"r"}
{"v":21,"k":2,"w":"q"}
{"v":21,"k":2,"w":"r"}
{"v":null,"k":4,"w":"s"}
{"v":null,"k":null,"w":"t"}
