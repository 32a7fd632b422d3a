--! reason: A row with missing columns fails the job, and the message names the file.
--! file input/t.csv
1,2,3
4,5
--! sql
CREATE TABLE t (
  a INT,
  b INT,
  c INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT * FROM t;
--! error: t.csv
