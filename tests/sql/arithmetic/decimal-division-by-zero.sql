--! reason: Decimal division by zero fails the job.
--! file input/t.csv
1,1
1,0
--! sql
CREATE TABLE t (
  a DECIMAL(5, 2),
  b DECIMAL(5, 2)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a / b AS q FROM t;
--! error: zero
