--! reason: A temporary object hides a permanent one of the same name; dropping it uncovers it.
--! file input/t.csv
1
2
--! sql
CREATE TABLE t (
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TEMPORARY VIEW t AS SELECT 42 AS a;
DROP TEMPORARY VIEW t;
SELECT a FROM t;
--! expect
{"a":1}
{"a":2}
