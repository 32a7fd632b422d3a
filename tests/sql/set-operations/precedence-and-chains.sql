--! reason: INTERSECT binds before UNION and EXCEPT; a chain goes from left to right.
--! file input/l.csv
1
1
1
2
3
~
~
--! file input/r.csv
1
1
3
4
~
--! sql
CREATE TABLE l (a INT) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/l.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
CREATE TABLE r (a INT) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/r.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT a FROM l EXCEPT SELECT a FROM r INTERSECT SELECT a FROM l EXCEPT SELECT 2;
--! expect
