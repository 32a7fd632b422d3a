--! reason: Integer division by zero fails the job.
--! file input/t.csv
1,1
1,0
--! sql
CREATE TABLE t (
  a INT,
  b INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a / b AS q FROM t;
--! error: zero
