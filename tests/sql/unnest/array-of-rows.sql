--! reason: The fields of a row become columns, and can be compared with those of its table.
--! file input/u.json
{"id":1,"a":[1,2,3],"m":{"x":1,"y":2},"r":[{"p":1,"q":"a"},{"p":2,"q":null}]}
{"id":2,"a":[],"m":null,"r":null}
{"id":3,"a":null,"m":{},"r":[]}
{"id":4,"a":[null,7],"m":{"z":null},"r":[{"p":3,"q":"c"}]}
--! sql
CREATE TABLE u (id INT, a ARRAY<INT>, m MAP<STRING, INT>, r ARRAY<ROW<p INT, q STRING>>) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/u.json', 'format' = 'json'
);
SELECT u.id, x.p, q, CARDINALITY(u.r) AS n FROM u, UNNEST(u.r) AS x WHERE x.p <> u.id OR q IS NOT NULL;
--! expect
{"id":1,"p":1,"q":"a","n":2}
{"id":1,"p":2,"q":null,"n":2}
{"id":4,"p":3,"q":"c","n":1}
