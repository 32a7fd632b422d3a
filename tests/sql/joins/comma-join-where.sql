--! reason: join, multi-way: comma join where
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
--! file input/c.csv
10,red
20,green
30,blue
50,red
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
CREATE TABLE c (
  v INT,
  col STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/c.csv',
  'format' = 'csv'
);
SELECT a.v, b.w, c.col FROM a, b, c WHERE a.k = b.k AND c.v = a.v AND c.col <> 'red';
--! expect
{"v":20,"w":"q","col":"green"}
{"v":20,"w":"r","col":"green"}
