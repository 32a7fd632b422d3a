--! reason: Both steps take rows back: a count of distinct counts.
--! set table.optimizer.distinct-agg.split.enabled = true
--! file input/t.csv
a,1
b,1
a,2
c,3
b,4
d,5
--! sql
CREATE TABLE t (
  k STRING,
  u INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT COUNT(DISTINCT c) AS counts, COUNT(*) AS n FROM (SELECT k, COUNT(*) AS c FROM t GROUP BY k);
--! expect
{"counts":2,"n":4}
