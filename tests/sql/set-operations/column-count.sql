--! reason: Both sides have the same number of columns.
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
SELECT a FROM l INTERSECT SELECT a, a FROM r;
--! error: the sides of INTERSECT have 1 and 2 columns
