--! reason: Left joins on one key: combinations with NULLs go with the first row that fits.
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
--! file input/d.csv
4,18
4,11
3,7
~,5
6,7
1,18
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
CREATE TABLE d (
  k INT,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/d.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a.k, a.v AS av, b.v AS bv, c.v AS cv, d.v AS dv
FROM a LEFT JOIN b ON a.k = b.k LEFT JOIN c ON a.k = c.k LEFT JOIN d ON d.k = a.k;
--! expect
{"k":3,"av":4,"bv":13,"cv":3,"dv":7}
{"k":3,"av":4,"bv":17,"cv":3,"dv":7}
{"k":4,"av":1,"bv":null,"cv":10,"dv":11}
{"k":4,"av":1,"bv":null,"cv":10,"dv":18}
{"k":4,"av":1,"bv":null,"cv":17,"dv":11}
{"k":4,"av":1,"bv":null,"cv":17,"dv":18}
{"k":1,"av":17,"bv":7,"cv":18,"dv":18}
{"k":1,"av":17,"bv":17,"cv":18,"dv":18}
{"k":1,"av":17,"bv":18,"cv":18,"dv":18}
{"k":1,"av":17,"bv":18,"cv":18,"dv":18}
{"k":1,"av":17,"bv":18,"cv":18,"dv":18}
{"k":1,"av":11,"bv":7,"cv":18,"dv":18}
{"k":1,"av":11,"bv":17,"cv":18,"dv":18}
{"k":1,"av":11,"bv":18,"cv":18,"dv":18}
{"k":1,"av":11,"bv":18,"cv":18,"dv":18}
{"k":1,"av":11,"bv":18,"cv":18,"dv":18}
{"k":5,"av":1,"bv":12,"cv":1,"dv":null}
{"k":5,"av":1,"bv":12,"cv":2,"dv":null}
{"k":5,"av":1,"bv":12,"cv":6,"dv":null}
{"k":5,"av":1,"bv":12,"cv":6,"dv":null}
{"k":5,"av":6,"bv":12,"cv":1,"dv":null}
{"k":5,"av":6,"bv":12,"cv":2,"dv":null}
{"k":5,"av":6,"bv":12,"cv":6,"dv":null}
{"k":5,"av":6,"bv":12,"cv":6,"dv":null}
{"k":1,"av":2,"bv":7,"cv":18,"dv":18}
{"k":1,"av":2,"bv":17,"cv":18,"dv":18}
{"k":1,"av":2,"bv":18,"cv":18,"dv":18}
{"k":1,"av":2,"bv":18,"cv":18,"dv":18}
{"k":1,"av":2,"bv":18,"cv":18,"dv":18}
{"k":4,"av":13,"bv":null,"cv":10,"dv":11}
{"k":4,"av":13,"bv":null,"cv":10,"dv":18}
{"k":4,"av":13,"bv":null,"cv":17,"dv":11}
{"k":4,"av":13,"bv":null,"cv":17,"dv":18}
{"k":1,"av":7,"bv":7,"cv":18,"dv":18}
{"k":1,"av":7,"bv":17,"cv":18,"dv":18}
{"k":1,"av":7,"bv":18,"cv":18,"dv":18}
{"k":1,"av":7,"bv":18,"cv":18,"dv":18}
{"k":1,"av":7,"bv":18,"cv":18,"dv":18}
{"k":1,"av":17,"bv":7,"cv":18,"dv":18}
{"k":1,"av":17,"bv":17,"cv":18,"dv":18}
{"k":1,"av":17,"bv":18,"cv":18,"dv":18}
{"k":1,"av":17,"bv":18,"cv":18,"dv":18}
{"k":1,"av":17,"bv":18,"cv":18,"dv":18}
{"k":4,"av":1,"bv":null,"cv":10,"dv":11}
{"k":4,"av":1,"bv":null,"cv":10,"dv":18}
{"k":4,"av":1,"bv":null,"cv":17,"dv":11}
{"k":4,"av":1,"bv":null,"cv":17,"dv":18}
{"k":null,"av":18,"bv":null,"cv":null,"dv":null}
{"k":1,"av":7,"bv":7,"cv":18,"dv":18}
{"k":1,"av":7,"bv":17,"cv":18,"dv":18}
{"k":1,"av":7,"bv":18,"cv":18,"dv":18}
{"k":1,"av":7,"bv":18,"cv":18,"dv":18}
{"k":1,"av":7,"bv":18,"cv":18,"dv":18}
{"k":6,"av":18,"bv":null,"cv":null,"dv":7}
