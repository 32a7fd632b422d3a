--! reason: A field that is no number fails the job; the message names the file.
--! file input/t.csv
1,2
3,four
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
SELECT * FROM t;
--! error: t.csv
