--! reason: Fields of nested rows are reached by dots, and a NULL row gives NULL fields.
--! file input/t.json
{"id":1,"r":{"a":5,"inner_row":{"b":"x","c":[1,2]}}}
{"id":2,"r":{"a":6,"inner_row":null}}
{"id":3,"r":null}
--! sql
CREATE TABLE t (
  id INT,
  r ROW<a INT, inner_row ROW<b STRING, c ARRAY<INT>>>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT id, t.r.a AS a, r.inner_row.b AS b, t.r.inner_row.c[2] AS c2, r.inner_row IS NULL AS n FROM t;
--! expect
{"id":1,"a":5,"b":"x","c2":2,"n":false}
{"id":2,"a":6,"b":null,"c2":null,"n":true}
{"id":3,"a":null,"b":null,"c2":null,"n":true}
