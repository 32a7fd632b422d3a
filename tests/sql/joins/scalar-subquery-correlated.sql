--! reason: A query as a value, for each row: NULL where it finds nothing, but COUNT is 0.
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
SELECT v, (SELECT MAX(w) FROM b WHERE b.k = a.k) AS m, (SELECT COUNT(*) FROM b WHERE b.k = a.k) AS c FROM a;
--! expect
{"v":10,"m":"p","c":1}
{"v":20,"m":"r","c":2}
{"v":21,"m":"r","c":2}
{"v":30,"m":null,"c":0}
{"v":40,"m":null,"c":0}
{"v":50,"m":null,"c":0}
