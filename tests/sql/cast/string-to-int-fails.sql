--! reason: A plain CAST of a string that is no number fails the job and shows the string.
--! file input/t.csv
1
twelve
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT CAST(s AS INT) AS i FROM t;
--! error: twelve
