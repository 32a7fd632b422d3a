--! reason: join, semi-join, subquery: exists uncorrelated
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
SELECT k, v FROM a WHERE EXISTS (SELECT 1 FROM b WHERE w = 's');
--! expect
{"k":1,"v":10}
{"k":2,"v":20}
{"k":2,"v":21}
{"k":3,"v":30}
{"k":5,"v":50}
{"k":null,"v":40}
