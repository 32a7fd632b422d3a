--! reason: Columns that an INSERT does not name are NULL, and named ones may come in any order.
--! file input/t.csv
1,p
2,q
--! sql
CREATE TABLE out_t (
  a INT,
  b STRING,
  c DOUBLE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE t (
  x INT,
  y STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
INSERT INTO out_t (b, a) SELECT y, x FROM t;
SELECT * FROM out_t;
--! expect
{"a":1,"b":"p","c":null}
{"a":2,"b":"q","c":null}
