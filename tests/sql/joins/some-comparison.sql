--! reason: subquery: some comparison
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
SELECT k FROM a WHERE k > SOME (SELECT k FROM b WHERE k < 4);
--! expect
{"k":3}
{"k":4}
