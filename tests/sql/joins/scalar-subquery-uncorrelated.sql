--! reason: subquery: scalar subquery uncorrelated
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
SELECT k, s, (SELECT MAX(k) FROM b) AS mx FROM a WHERE k < (SELECT AVG(k) FROM b);
--! expect
{"k":1,"s":"x","mx":9}
{"k":2,"s":"y","mx":9}
{"k":2,"s":"y","mx":9}
{"k":3,"s":"z","mx":9}
