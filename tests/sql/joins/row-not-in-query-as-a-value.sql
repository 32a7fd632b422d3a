--! reason: NOT IN of several columns as a value, correlated.
--! file input/a.csv
1,x,10
2,y,20
2,y,21
3,z,30
~,n,40
5,~,50
--! file input/b.csv
1,5
1,15
2,20
4,1
~,7
3,~
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
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/b.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a.v, (a.k, 20) NOT IN (SELECT b.k, b.v FROM b WHERE b.v < a.v OR b.v IS NULL) AS missing FROM a;
--! expect
{"v":10,"missing":true}
{"v":20,"missing":true}
{"v":21,"missing":false}
{"v":30,"missing":null}
{"v":40,"missing":null}
{"v":50,"missing":true}
