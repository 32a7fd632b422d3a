--! reason: Only a collection has elements.
--! file input/u.json
{"id":1,"a":[1,2,3],"m":{"x":1,"y":2},"r":[{"p":1,"q":"a"},{"p":2,"q":null}]}
{"id":2,"a":[],"m":null,"r":null}
{"id":3,"a":null,"m":{},"r":[]}
{"id":4,"a":[null,7],"m":{"z":null},"r":[{"p":3,"q":"c"}]}
--! sql
CREATE TABLE u (id INT, a ARRAY<INT>, m MAP<STRING, INT>, r ARRAY<ROW<p INT, q STRING>>) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/u.json', 'format' = 'json'
);
SELECT e FROM u, UNNEST(id) AS x (e);
--! error: UNNEST takes an ARRAY, MAP or MULTISET, but this is INT
