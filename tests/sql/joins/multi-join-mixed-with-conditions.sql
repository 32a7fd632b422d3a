--! reason: Inner and left steps, each with more than the key to compare.
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
SELECT a.k, a.v AS av, b.v AS bv, c.v AS cv
FROM a LEFT JOIN b ON a.k = b.k AND a.v < b.v JOIN c ON a.k = c.k AND c.v > a.v - 8;
--! expect
{"k":3,"av":4,"bv":13,"cv":3}
{"k":3,"av":4,"bv":17,"cv":3}
{"k":4,"av":1,"bv":null,"cv":10}
{"k":4,"av":1,"bv":null,"cv":17}
{"k":1,"av":17,"bv":18,"cv":18}
{"k":1,"av":17,"bv":18,"cv":18}
{"k":1,"av":17,"bv":18,"cv":18}
{"k":1,"av":11,"bv":17,"cv":18}
{"k":1,"av":11,"bv":18,"cv":18}
{"k":1,"av":11,"bv":18,"cv":18}
{"k":1,"av":11,"bv":18,"cv":18}
{"k":5,"av":1,"bv":12,"cv":1}
{"k":5,"av":1,"bv":12,"cv":2}
{"k":5,"av":1,"bv":12,"cv":6}
{"k":5,"av":1,"bv":12,"cv":6}
{"k":5,"av":6,"bv":12,"cv":1}
{"k":5,"av":6,"bv":12,"cv":2}
{"k":5,"av":6,"bv":12,"cv":6}
{"k":5,"av":6,"bv":12,"cv":6}
{"k":1,"av":2,"bv":7,"cv":18}
{"k":1,"av":2,"bv":17,"cv":18}
{"k":1,"av":2,"bv":18,"cv":18}
{"k":1,"av":2,"bv":18,"cv":18}
{"k":1,"av":2,"bv":18,"cv":18}
{"k":4,"av":13,"bv":null,"cv":10}
{"k":4,"av":13,"bv":null,"cv":17}
{"k":1,"av":7,"bv":17,"cv":18}
{"k":1,"av":7,"bv":18,"cv":18}
{"k":1,"av":7,"bv":18,"cv":18}
{"k":1,"av":7,"bv":18,"cv":18}
{"k":1,"av":17,"bv":18,"cv":18}
{"k":1,"av":17,"bv":18,"cv":18}
{"k":1,"av":17,"bv":18,"cv":18}
{"k":4,"av":1,"bv":null,"cv":10}
{"k":4,"av":1,"bv":null,"cv":17}
{"k":1,"av":7,"bv":17,"cv":18}
{"k":1,"av":7,"bv":18,"cv":18}
{"k":1,"av":7,"bv":18,"cv":18}
{"k":1,"av":7,"bv":18,"cv":18}
