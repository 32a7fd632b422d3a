--! reason: Views, databases and catalogs are changed and dropped.
--! file input/t.csv
1,x
2,y
--! sql
CREATE CATALOG c WITH ('type' = 'generic_in_memory');
ALTER CATALOG c SET ('default-database' = 'd');
ALTER CATALOG c RESET ('default-database');
ALTER CATALOG c COMMENT 'a catalog';
USE CATALOG c;
CREATE DATABASE d;
ALTER DATABASE d SET ('k' = 'v');
USE d;
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
CREATE VIEW v AS SELECT a FROM t;
ALTER VIEW v RENAME TO w;
ALTER VIEW w AS SELECT a, s FROM t WHERE a > 1;
CREATE VIEW gone AS SELECT s FROM t;
DROP VIEW gone;
CREATE DATABASE other;
DROP DATABASE other;
SELECT * FROM w;
--! expect
{"a":2,"s":"y"}
