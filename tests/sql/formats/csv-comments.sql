--! reason: With allow-comments lines that start with # are skipped.
--! file input/t.csv
#a comment
1,x
# another, one
2,#not
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~',
  'csv.allow-comments' = 'true',
  'csv.ignore-parse-errors' = 'true'
);
SELECT * FROM t;
--! expect
{"a":1,"s":"x"}
{"a":2,"s":"#not"}
