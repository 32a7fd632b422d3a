--! reason: SHOW, DESCRIBE and EXPLAIN answer for tables, views, databases and catalogs, between other statements.
--! file input/t.csv
1,x
2,y
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
CREATE VIEW v AS SELECT a FROM t WHERE a > 1;
CREATE DATABASE d COMMENT 'more' WITH ('k' = 'v');
SHOW TABLES;
SHOW VIEWS LIKE 'v%';
SHOW COLUMNS FROM t;
SHOW CREATE TABLE t;
SHOW CREATE VIEW v;
SHOW DATABASES;
SHOW CURRENT DATABASE;
SHOW CATALOGS;
SHOW FUNCTIONS LIKE 'AB%';
SHOW MODULES;
DESCRIBE t;
DESC v;
DESCRIBE DATABASE EXTENDED d;
DESCRIBE CATALOG default_catalog;
EXPLAIN SELECT * FROM v;
EXPLAIN CHANGELOG_MODE SELECT s, COUNT(*) FROM t GROUP BY s;
EXPLAIN PLAN_ADVICE SELECT s, COUNT(*) FROM t GROUP BY s;
EXPLAIN CREATE TABLE copy WITH ('connector' = 'blackhole') AS SELECT * FROM v;
SELECT * FROM v;
--! expect
{"a":2}
