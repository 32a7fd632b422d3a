--! reason: An aggregate over an aggregate: the outer one must take back what the inner one changes.
--! file input/t.csv
a
b
a
c
b
a
d
--! sql
CREATE TABLE t (
  k STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT c, COUNT(*) AS n FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k) GROUP BY c;
--! expect
{"c":1,"n":2}
{"c":2,"n":1}
{"c":3,"n":1}
