--! reason: Arrays: contains, position, remove, reverse, slice, join, append and prepend, with NULLs inside.
--! file input/t.json
{"id":1,"a":[1,2,3,2]}
{"id":2,"a":[]}
{"id":3,"a":[null,2]}
{"id":4,"a":null}
--! sql
CREATE TABLE t (
  id INT,
  a ARRAY<INT>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT id, ARRAY_CONTAINS(a, 2) AS c, ARRAY_POSITION(a, 2) AS p, ARRAY_REMOVE(a, 2) AS r, ARRAY_REVERSE(a) AS rev, ARRAY_SLICE(a, 2, 3) AS sl, ARRAY_APPEND(a, 9) AS ap, ARRAY_PREPEND(a, 0) AS pre FROM t;
--! expect
{"id":1,"c":true,"p":2,"r":[1,3],"rev":[2,3,2,1],"sl":[2,3],"ap":[1,2,3,2,9],"pre":[0,1,2,3,2]}
{"id":2,"c":false,"p":0,"r":[],"rev":[],"sl":[],"ap":[9],"pre":[0]}
{"id":3,"c":true,"p":2,"r":[null],"rev":[2,null],"sl":[2],"ap":[null,2,9],"pre":[0,null,2]}
{"id":4,"c":null,"p":null,"r":null,"rev":null,"sl":null,"ap":null,"pre":null}
