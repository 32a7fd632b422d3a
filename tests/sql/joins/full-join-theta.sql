--! reason: A FULL JOIN without an equality between the sides.
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
SELECT a.v, b.w FROM a FULL JOIN b ON a.k > b.k + 1;
--! expect
{"v":10,"w":null}
{"v":20,"w":null}
{"v":21,"w":null}
{"v":30,"w":"p"}
{"v":40,"w":null}
{"v":50,"w":"p"}
{"v":50,"w":"q"}
{"v":50,"w":"r"}
{"v":null,"w":"s"}
{"v":null,"w":"t"}
