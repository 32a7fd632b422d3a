--! reason: Names resolve against the current database; a full name reaches any other.
--! file input/t.csv
1
--! file input/u.csv
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
CREATE DATABASE IF NOT EXISTS other;
USE CATALOG default_catalog;
USE other;
CREATE TABLE t (
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/u.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a FROM t UNION ALL SELECT a FROM default_database.t UNION ALL SELECT t.a FROM default_catalog.other.t;
--! expect
{"a":1}
{"a":2}
{"a":2}
