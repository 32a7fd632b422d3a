--! reason: The template in Rust, built to WebAssembly: a scalar and an aggregate function over texts with NULL.
--! file input/t.csv
a,hello big world
a,hi
b,~
b,Ärger über Öl
c,~
--! sql
CREATE FUNCTION initials AS '${REPOSITORY}/examples/udf/template.wasm#initials' LANGUAGE WASM;
CREATE FUNCTION longest AS '${REPOSITORY}/examples/udf/template.wasm' LANGUAGE WASM;
CREATE TABLE t (
  k STRING,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, longest(s) AS l, MAX(initials(s)) AS i FROM t GROUP BY k;
--! expect
{"k":"a","l":"hello big world","i":"hbw"}
{"k":"b","l":"Ärger über Öl","i":"ÄüÖ"}
{"k":"c","l":null,"i":null}
