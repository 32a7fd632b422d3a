--! reason: A row for each element, NULLs too; none for an empty or missing array; positions from 1.
--! file input/u.json
{"id":1,"a":[1,2,3],"m":{"x":1,"y":2},"r":[{"p":1,"q":"a"},{"p":2,"q":null}]}
{"id":2,"a":[],"m":null,"r":null}
{"id":3,"a":null,"m":{},"r":[]}
{"id":4,"a":[null,7],"m":{"z":null},"r":[{"p":3,"q":"c"}]}
--! sql
CREATE TABLE u (id INT, a ARRAY<INT>, m MAP<STRING, INT>, r ARRAY<ROW<p INT, q STRING>>) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/u.json', 'format' = 'json'
);
SELECT id, e, o FROM u CROSS JOIN UNNEST(a) WITH ORDINALITY AS x (e, o);
--! expect
{"id":1,"e":1,"o":1}
{"id":1,"e":2,"o":2}
{"id":1,"e":3,"o":3}
{"id":4,"e":null,"o":1}
{"id":4,"e":7,"o":2}
