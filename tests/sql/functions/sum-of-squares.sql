--! reason: An aggregate function in WebAssembly: groups, NULL, FILTER, DISTINCT, beside a built-in one.
--! file input/t.csv
a,1
a,2
b,~
a,2
b,3
c,~
--! sql
CREATE TEMPORARY SYSTEM FUNCTION squares AS '${REPOSITORY}/examples/udf/sum_of_squares.wasm#sum_of_squares' LANGUAGE WASM;
CREATE TABLE t (k STRING, v INT) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT k, squares(v) AS s, squares(DISTINCT v) AS d, squares(v) FILTER (WHERE v > 1) AS f, COUNT(*) AS n FROM t GROUP BY k;
--! expect
{"k":"a","s":9.0,"d":5.0,"f":8.0,"n":3}
{"k":"b","s":9.0,"d":9.0,"f":9.0,"n":2}
{"k":"c","s":0.0,"d":0.0,"f":0.0,"n":1}
