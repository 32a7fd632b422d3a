--! reason: Both sides change their rows: what was common may no longer be.
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
SELECT a, COUNT(*) AS c FROM l GROUP BY a EXCEPT ALL SELECT a, COUNT(*) FROM r GROUP BY a;
--! expect
{"a":1,"c":3}
{"a":2,"c":1}
{"a":null,"c":2}
