--! reason: A file that is not there is named.
--! sql
CREATE FUNCTION f AS '/nowhere/f.wasm' LANGUAGE WASM;
--! error: /nowhere/f.wasm
