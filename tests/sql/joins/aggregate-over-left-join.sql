--! reason: join, left, aggregate, retraction: aggregate over left join
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
SELECT COALESCE(b.w, 'none') AS w, SUM(a.v) AS s, COUNT(*) AS c FROM a LEFT JOIN b ON a.k = b.k GROUP BY COALESCE(b.w, 'none');
--! expect
{"w":"none","s":120,"c":3}
{"w":"p","s":10,"c":1}
{"w":"q","s":41,"c":2}
{"w":"r","s":41,"c":2}
