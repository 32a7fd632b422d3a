--! reason: HAVING without GROUP BY filters the one row.
--! file input/t.csv
a,1,1.5
a,2,~
b,~,2.5
b,~,~
~,5,0.5
a,2,3.5
~,~,~
--! sql
CREATE TABLE t (
  k STRING,
  v INT,
  d DOUBLE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT COUNT(*) AS c FROM t HAVING COUNT(*) > 3 UNION ALL SELECT COUNT(*) FROM t HAVING COUNT(*) > 100;
--! expect
{"c":7}
