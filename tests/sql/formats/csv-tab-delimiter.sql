--! reason: A tab may be written as \t.
--! file input/t.csv
1	x, y
2	~
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~',
  'csv.field-delimiter' = '\t'
);
SELECT * FROM t;
--! expect
{"a":1,"s":"x, y"}
{"a":2,"s":null}
