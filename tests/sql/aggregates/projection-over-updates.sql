--! reason: An expression above an aggregate changes with it, and UNION ALL carries changes of both sides.
--! file input/t.csv
a,1
b,2
a,3
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
SELECT k || '!' AS k, s * 2 AS s FROM (SELECT k, SUM(v) AS s FROM t GROUP BY k) UNION ALL SELECT 'all', COUNT(*) FROM t;
--! expect
{"k":"a!","s":8}
{"k":"all","s":3}
{"k":"b!","s":4}
