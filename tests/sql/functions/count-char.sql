--! reason: A scalar function in WebAssembly, with NULL, in SELECT, WHERE and under an aggregate.
--! file input/t.csv
1,banana
2,
3,~
4,größe
--! sql
CREATE FUNCTION count_char AS '${REPOSITORY}/examples/udf/count_char.wasm' LANGUAGE WASM;
CREATE TABLE t (id INT, s STRING) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT id, COUNT_CHAR(s, 'a') AS n, CASE WHEN count_char(s, 'a') > 1 THEN 'many' ELSE 'few' END AS many
FROM t WHERE default_database.count_char(s, 'ß') IS NOT NULL OR s IS NULL;
--! expect
{"id":1,"n":3,"many":"many"}
{"id":2,"n":0,"many":"few"}
{"id":3,"n":null,"many":"few"}
{"id":4,"n":0,"many":"few"}
