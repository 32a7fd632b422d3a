--! reason: INTERSECT and EXCEPT, NULL equals NULL; with ALL rows come as often as the lesser count, or what is left, says.
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
SELECT 'intersect all' AS op, a FROM (SELECT a FROM l INTERSECT ALL SELECT a FROM r)
UNION ALL SELECT 'except all', a FROM (SELECT a FROM l EXCEPT ALL SELECT a FROM r)
UNION ALL SELECT 'intersect', a FROM (SELECT a FROM l INTERSECT SELECT a FROM r)
UNION ALL SELECT 'except', a FROM (SELECT a FROM l EXCEPT SELECT a FROM r);
--! expect
{"op":"intersect all","a":1}
{"op":"intersect all","a":1}
{"op":"intersect all","a":3}
{"op":"intersect all","a":null}
{"op":"except all","a":1}
{"op":"except all","a":2}
{"op":"except all","a":null}
{"op":"intersect","a":1}
{"op":"intersect","a":3}
{"op":"intersect","a":null}
{"op":"except","a":2}
