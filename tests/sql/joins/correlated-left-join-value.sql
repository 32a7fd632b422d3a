--! reason: The value of an aggregate over a LEFT JOIN whose sides both refer to the outer query.
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
  SELECT COUNT(*) FROM (SELECT k, v FROM b WHERE b.v < a.v) AS l
  LEFT JOIN (SELECT k, v FROM c WHERE c.v > a.v) AS r ON l.k = r.k
  WHERE l.k = a.k
) AS n FROM a;
--! expect
{"v":10,"n":1}
{"v":20,"n":0}
{"v":21,"n":1}
{"v":30,"n":0}
{"v":40,"n":0}
{"v":50,"n":0}
