--! reason: Rows and arrays serve as grouping keys by value.
--! file input/t.json
{"a":[1,2],"r":{"x":1}}
{"a":[1,2],"r":{"x":1}}
{"a":[1],"r":{"x":1}}
{"a":null,"r":null}
{"a":null,"r":null}
--! sql
CREATE TABLE t (
  a ARRAY<INT>,
  r ROW<x INT>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT r, a, COUNT(*) AS c FROM t GROUP BY r, a;
--! expect
{"r":null,"a":null,"c":2}
{"r":{"x":1},"a":[1,2],"c":2}
{"r":{"x":1},"a":[1],"c":1}
