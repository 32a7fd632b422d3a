--! reason: An anti join whose right side changes.
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
SELECT k, v FROM a WHERE NOT EXISTS (SELECT 1 FROM (SELECT k, COUNT(*) AS c FROM b GROUP BY k) y WHERE y.k = a.k AND y.c = 1);
--! expect
{"k":2,"v":20}
{"k":2,"v":21}
{"k":3,"v":30}
{"k":null,"v":40}
{"k":5,"v":50}
