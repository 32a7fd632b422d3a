--! reason: A correlated aggregate whose condition is no equality: the outer values are joined first.
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
SELECT v, (SELECT COUNT(*) FROM b WHERE b.k < a.k) AS below, (SELECT MAX(x.v + a.v) FROM a x WHERE x.v < a.v AND x.k IS NOT NULL) AS m FROM a;
--! expect
{"v":10,"below":0,"m":null}
{"v":20,"below":1,"m":30}
{"v":21,"below":1,"m":41}
{"v":30,"below":3,"m":51}
{"v":40,"below":0,"m":70}
{"v":50,"below":4,"m":80}
