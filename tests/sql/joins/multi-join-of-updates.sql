--! reason: The inputs of a chain are changed and taken back.
--! set table.optimizer.multi-join.enabled = true
--! file input/a.csv
3,4
4,1
1,17
1,11
5,1
5,6
1,2
4,13
1,7
1,17
4,1
~,18
1,7
6,18
--! file input/b.csv
1,18
5,12
1,7
1,17
~,4
3,13
2,17
1,18
3,17
1,18
--! file input/c.csv
~,5
1,18
5,6
3,3
5,2
5,1
5,6
4,17
4,10
--! sql
CREATE TABLE a (
  k INT,
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
SELECT a.k, a.n, b.s, c.m
FROM (SELECT k, COUNT(*) AS n FROM a GROUP BY k) AS a
LEFT JOIN (SELECT k, SUM(v) AS s FROM b GROUP BY k HAVING SUM(v) < 30) AS b ON a.k = b.k
LEFT JOIN (SELECT k, MAX(v) AS m FROM c GROUP BY k) AS c ON a.k = c.k;
--! expect
{"k":null,"n":1,"s":null,"m":null}
{"k":1,"n":6,"s":null,"m":18}
{"k":3,"n":1,"s":null,"m":3}
{"k":4,"n":3,"s":null,"m":17}
{"k":5,"n":2,"s":12,"m":6}
{"k":6,"n":1,"s":null,"m":null}
