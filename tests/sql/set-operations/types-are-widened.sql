--! reason: Columns get the common type of both sides and the names of the first.
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
SELECT a AS x FROM l INTERSECT SELECT CAST(a AS BIGINT) FROM r;
--! expect
{"x":1}
{"x":3}
{"x":null}
