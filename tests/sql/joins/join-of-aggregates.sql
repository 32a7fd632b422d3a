--! reason: join, aggregate, retraction: join of aggregates
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
SELECT x.k, x.s, y.c FROM (SELECT k, SUM(v) AS s FROM a GROUP BY k) x JOIN (SELECT k, COUNT(*) AS c FROM b GROUP BY k) y ON x.k = y.k;
--! expect
{"k":1,"s":10,"c":1}
{"k":2,"s":41,"c":2}
