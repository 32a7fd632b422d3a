--! reason: A plain CAST of a string that is no boolean fails the job and shows the string.
--! file input/t.csv
true
perhaps
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT CAST(s AS BOOLEAN) AS b FROM t;
--! error: perhaps
