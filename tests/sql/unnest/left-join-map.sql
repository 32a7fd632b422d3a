--! reason: LEFT JOIN keeps rows without elements; a map gives keys and values.
--! file input/u.json
{"id":1,"a":[1,2,3],"m":{"x":1,"y":2},"r":[{"p":1,"q":"a"},{"p":2,"q":null}]}
{"id":2,"a":[],"m":null,"r":null}
{"id":3,"a":null,"m":{},"r":[]}
{"id":4,"a":[null,7],"m":{"z":null},"r":[{"p":3,"q":"c"}]}
--! sql
CREATE TABLE u (id INT, a ARRAY<INT>, m MAP<STRING, INT>, r ARRAY<ROW<p INT, q STRING>>) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/u.json', 'format' = 'json'
);
SELECT id, k, v FROM u LEFT JOIN UNNEST(m) AS x (k, v) ON TRUE;
--! expect
{"id":1,"k":"x","v":1}
{"id":1,"k":"y","v":2}
{"id":2,"k":null,"v":null}
{"id":3,"k":null,"v":null}
{"id":4,"k":"z","v":null}
