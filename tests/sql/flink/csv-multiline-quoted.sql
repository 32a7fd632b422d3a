--! reason: csv-format, edge: csv multiline quoted
--! file input/t.csv
1,"one
two"
2,x
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.ignore-parse-errors' = 'false'
);
SELECT a, REPLACE(s, CHR(10), '/') AS s FROM t;
--! expect
{"a":1,"s":"one/two"}
{"a":2,"s":"x"}
