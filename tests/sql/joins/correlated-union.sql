--! reason: A UNION whose queries refer to the outer query, under EXISTS and under an aggregate.
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
SELECT a.v, (
  SELECT SUM(v) FROM (
    SELECT v FROM b WHERE b.k = a.k UNION ALL SELECT v FROM c WHERE c.k = a.k AND c.v > a.v
  ) AS u
) AS s FROM a WHERE EXISTS (SELECT v FROM b WHERE b.v < a.v UNION SELECT v FROM c WHERE c.v = a.v);
--! expect
{"v":10,"s":32}
{"v":20,"s":45}
{"v":21,"s":45}
{"v":30,"s":31}
{"v":40,"s":null}
{"v":50,"s":null}
