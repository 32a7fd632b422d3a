--! reason: HAVING sees groups and aggregates, also ones that are not selected.
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
SELECT k, SUM(v) AS s FROM t GROUP BY k HAVING COUNT(*) > 1 AND MAX(v) IS NOT NULL;
--! expect
{"k":"a","s":5}
{"k":null,"s":5}
