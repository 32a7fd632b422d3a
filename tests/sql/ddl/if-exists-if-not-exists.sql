--! reason: IF NOT EXISTS keeps the first definition and IF EXISTS forgives a missing object.
--! file input/t.csv
1,x
2,y
--! sql
DROP TABLE IF EXISTS nope;
DROP VIEW IF EXISTS nope;
CREATE TABLE t (
  a INT,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE IF NOT EXISTS t (
  x STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/other.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE VIEW IF NOT EXISTS v AS SELECT a FROM t;
CREATE VIEW IF NOT EXISTS v AS SELECT b FROM t;
SELECT * FROM v;
--! expect
{"a":1}
{"a":2}
