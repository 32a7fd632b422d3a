--! reason: A folder is read with all its files and subfolders, except hidden ones.
--! file input/.dot.csv
98
--! file input/_hidden.csv
99
--! file input/sub/z.csv
4
--! file input/x.csv
1
--! file input/y.csv
2
3
--! sql
CREATE TABLE t (
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a FROM t;
--! expect
{"a":1}
{"a":2}
{"a":3}
{"a":4}
