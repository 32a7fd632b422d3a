--! reason: An aggregate function in WebAssembly over a changelog: what was added is taken back.
--! file input/t.csv
a,1
b,2
a,3
c,4
b,5
a,6
--! sql
CREATE FUNCTION sum_of_squares AS '${REPOSITORY}/examples/udf/sum_of_squares.wasm' LANGUAGE WASM;
CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv');
SELECT n, sum_of_squares(s) AS q FROM (SELECT k, COUNT(*) AS n, SUM(v) AS s FROM t GROUP BY k) GROUP BY n;
--! expect
{"n":3,"q":100.0}
{"n":2,"q":49.0}
{"n":1,"q":16.0}
