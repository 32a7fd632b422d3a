--! reason: LEFT JOIN LATERAL keeps rows for which the query gives nothing.
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
SELECT a.v, t.c, t.m FROM a LEFT JOIN LATERAL (SELECT COUNT(*) AS c, MAX(w) AS m FROM b WHERE b.k = a.k) AS t ON t.c > 1;
--! expect
{"v":10,"c":null,"m":null}
{"v":20,"c":2,"m":"r"}
{"v":21,"c":2,"m":"r"}
{"v":30,"c":null,"m":null}
{"v":40,"c":null,"m":null}
{"v":50,"c":null,"m":null}
