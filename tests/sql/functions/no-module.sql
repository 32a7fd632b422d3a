--! reason: What is no module is refused when the function is created.
--! sql
CREATE FUNCTION f AS '${REPOSITORY}/README.md' LANGUAGE WASM;
--! error: no WebAssembly module
