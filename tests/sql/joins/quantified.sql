--! reason: Comparisons with ANY and ALL of rows with a NULL.
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
SELECT v, k < ANY (SELECT k FROM b) AS some_lt, k <> ALL (SELECT k FROM b WHERE k > 1) AS none_eq, k <> SOME (SELECT k FROM b WHERE k = 2) AS some_ne FROM a;
--! expect
{"v":10,"some_lt":true,"none_eq":true,"some_ne":true}
{"v":20,"some_lt":true,"none_eq":false,"some_ne":false}
{"v":21,"some_lt":true,"none_eq":false,"some_ne":false}
{"v":30,"some_lt":true,"none_eq":true,"some_ne":true}
{"v":40,"some_lt":null,"none_eq":null,"some_ne":null}
{"v":50,"some_lt":null,"none_eq":true,"some_ne":true}
