--! reason: A condition in ON about the left side of a LEFT JOIN drops no row.
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
SELECT a.v, b.w FROM a LEFT JOIN b ON a.k = b.k AND a.v > 20;
--! expect
{"v":10,"w":null}
{"v":20,"w":null}
{"v":21,"w":"q"}
{"v":21,"w":"r"}
{"v":30,"w":null}
{"v":40,"w":null}
{"v":50,"w":null}
