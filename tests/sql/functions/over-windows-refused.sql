--! reason: Functions of users over OVER windows are refused by name, at their place.
--! sql
CREATE FUNCTION longest AS '${REPOSITORY}/examples/udf/template.wasm' LANGUAGE WASM;
CREATE TABLE t (
  k STRING,
  s STRING,
  pt AS PROCTIME()
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/t.csv',
  'format' = 'csv'
);
SELECT longest(s) OVER (PARTITION BY k ORDER BY pt) FROM t;
--! error: longest(..) OVER (..)
