--! reason: Equal rows are joined as often as they occur.
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
SELECT x.n, b.w FROM (SELECT k, n FROM a) x LEFT JOIN (SELECT k, 'w' AS w FROM b) b ON x.k = b.k;
--! expect
{"n":"x","w":"w"}
{"n":"y","w":"w"}
{"n":"y","w":"w"}
{"n":"y","w":"w"}
{"n":"y","w":"w"}
{"n":"z","w":null}
{"n":"n","w":null}
{"n":"","w":null}
