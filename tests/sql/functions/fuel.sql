--! reason: A limit is an error that names its option.
--! sql
SET 'table.exec.wasm.fuel-per-row' = '1'; CREATE FUNCTION count_char AS '${REPOSITORY}/examples/udf/count_char.wasm' LANGUAGE WASM; SELECT count_char(s, 'o') FROM (VALUES ('hello world, hello world, hello world')) AS t(s);
--! error: table.exec.wasm.fuel-per-row
