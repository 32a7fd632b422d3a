--! reason: Tables, views and functions of a catalog in a folder are there when the catalog is created again.
--! file input/t.csv
1,banana
2,cherry
--! sql
CREATE CATALOG kept WITH ('type' = 'filesystem', 'path' = '${DIR}/catalog');
USE CATALOG kept;
CREATE TABLE fruit (id INT, name STRING, len AS CHAR_LENGTH(name)) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv'
);
CREATE FUNCTION count_char AS '${REPOSITORY}/examples/udf/count_char.wasm' LANGUAGE WASM;
CREATE VIEW counted AS SELECT id, count_char(name, 'a') AS n FROM fruit;
USE CATALOG default_catalog;
DROP CATALOG kept;
CREATE CATALOG kept WITH ('type' = 'filesystem', 'path' = '${DIR}/catalog');
SELECT id, n, CURRENT_DATABASE() AS d FROM kept.`default`.counted;
DROP VIEW kept.`default`.counted;
DROP TABLE kept.`default`.fruit;
DROP FUNCTION kept.`default`.count_char;
--! expect
{"id":1,"n":3,"d":"default_database"}
{"id":2,"n":0,"d":"default_database"}
