--! reason: COUNT(DISTINCT) over an updating input counts how often each value stands.
--! file input/t.csv
a,1
b,1
c,2
a,1
b,5
d,2
c,4
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
SELECT COUNT(DISTINCT s) AS d, SUM(DISTINCT s) AS sd, COUNT(*) AS c FROM (SELECT k, SUM(v) AS s FROM t GROUP BY k);
--! expect
{"d":2,"sd":8,"c":4}
