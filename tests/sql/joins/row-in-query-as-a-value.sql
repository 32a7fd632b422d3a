--! reason: IN of several columns that may be NULL as a value: unknown where a NULL might be equal.
--! file input/a.csv
1,x,10
2,y,20
2,y,21
3,z,30
~,n,40
5,~,50
--! file input/c.csv
1,12
2,25
2,~
3,31
~,40
5,50
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
CREATE TABLE c (
  k INT,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/c.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a.v, (a.k, a.v + 2) IN (SELECT c.k, c.v FROM c) AS found FROM a;
--! expect
{"v":10,"found":true}
{"v":20,"found":null}
{"v":21,"found":null}
{"v":30,"found":false}
{"v":40,"found":null}
{"v":50,"found":false}
