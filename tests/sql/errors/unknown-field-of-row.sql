--! reason: A field that a row lacks is named.
--! file input/t.json
{"r":{"x":1}}
--! sql
CREATE TABLE t (
  r ROW<x INT>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT r.zip FROM t;
--! error: 'zip'
