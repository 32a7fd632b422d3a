--! reason: view: view on view
--! file input/a.csv
1,x
2,y
2,y
3,z
~,n
~,n
4,~
--! file input/b.csv
2,y
3,zz
~,n
4,~
4,~
9,q
--! sql
CREATE TABLE a (
  k INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/a.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE b (
  k INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/b.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE VIEW v1 AS SELECT k, s FROM a WHERE k IS NOT NULL;
CREATE TEMPORARY VIEW v2 (kk, n) AS SELECT k, COUNT(*) FROM v1 GROUP BY k;
SELECT kk, n FROM v2 WHERE n >= 1;
--! expect
{"kk":1,"n":1}
{"kk":2,"n":2}
{"kk":3,"n":1}
{"kk":4,"n":1}
