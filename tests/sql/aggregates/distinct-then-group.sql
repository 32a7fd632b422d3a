--! reason: DISTINCT below an aggregate, and an aggregate below DISTINCT.
--! file input/t.csv
a,1
a,1
a,2
b,1
b,2
c,1
c,1
--! sql
CREATE TABLE t (
  k STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT DISTINCT c FROM (SELECT k, COUNT(*) AS c FROM (SELECT DISTINCT k, v FROM t) GROUP BY k);
--! expect
{"c":1}
{"c":2}
