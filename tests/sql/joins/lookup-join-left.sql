--! reason: A lookup that finds nothing, by a key that is computed.
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
  v INT,
  pt AS PROCTIME()
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
CREATE VIEW bv AS SELECT k, UPPER(w) AS u FROM b WHERE k IS NOT NULL;
SELECT a.v, b.u FROM a LEFT JOIN bv FOR SYSTEM_TIME AS OF a.pt AS b ON MOD(a.k, 3) = b.k;
--! expect
{"v":10,"u":"P"}
{"v":20,"u":"Q"}
{"v":20,"u":"R"}
{"v":21,"u":"Q"}
{"v":21,"u":"R"}
{"v":30,"u":null}
{"v":40,"u":null}
{"v":50,"u":"Q"}
{"v":50,"u":"R"}
