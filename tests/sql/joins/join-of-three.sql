--! reason: Outer joins in a row.
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
SELECT a.v, b.w, c.v AS cv FROM a LEFT JOIN b ON a.k = b.k AND b.w <> 'r' LEFT JOIN a c ON b.k = c.k AND c.v < 21;
--! expect
{"v":10,"w":"p","cv":10}
{"v":20,"w":"q","cv":20}
{"v":21,"w":"q","cv":20}
{"v":30,"w":null,"cv":null}
{"v":40,"w":null,"cv":null}
{"v":50,"w":null,"cv":null}
