--! reason: csv-format: csv disable quote
--! file input/t.csv
1,"x"
2,a"b
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.disable-quote-character' = 'true'
);
SELECT * FROM t;
--! expect
{"a":1,"s":"\"x\""}
{"a":2,"s":"a\"b"}
