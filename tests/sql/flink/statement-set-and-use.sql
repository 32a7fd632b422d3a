--! reason: ddl, catalog: statement set and use
--! file input/t.csv
1
2
--! sql
CREATE DATABASE shop;
USE shop;
CREATE TABLE t (
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT a FROM default_catalog.shop.t;
--! expect
{"a":1}
{"a":2}
