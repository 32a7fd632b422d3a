--! reason: A sub-query in a sub-query that refers to the query around both.
--! file input/a.csv
1,x,10
2,y,20
2,y,21
3,z,30
~,n,40
5,~,50
--! file input/b.csv
1,5
1,15
2,20
4,1
~,7
3,~
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
CREATE TABLE b (
  k INT,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/b.csv',
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
SELECT a.v FROM a WHERE EXISTS (
  SELECT 1 FROM b WHERE b.k = a.k AND EXISTS (SELECT 1 FROM c WHERE c.k = b.k AND c.v > a.v)
);
--! expect
{"v":10}
{"v":20}
{"v":21}
{"v":30}
