--! reason: A function says how it is called.
--! sql
CREATE FUNCTION count_char AS '${REPOSITORY}/examples/udf/count_char.wasm' LANGUAGE WASM; SELECT count_char('a', DATE '2024-01-01');
--! error: argument 2 of function 'count_char' is DATE, it takes STRING
