--! reason: A collection may be computed; a single column without a name is called as its table.
--! file input/u.json
{"id":1,"a":[1,2,3],"m":{"x":1,"y":2},"r":[{"p":1,"q":"a"},{"p":2,"q":null}]}
{"id":2,"a":[],"m":null,"r":null}
{"id":3,"a":null,"m":{},"r":[]}
{"id":4,"a":[null,7],"m":{"z":null},"r":[{"p":3,"q":"c"}]}
--! sql
CREATE TABLE u (id INT, a ARRAY<INT>, m MAP<STRING, INT>, r ARRAY<ROW<p INT, q STRING>>) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/u.json', 'format' = 'json'
);
SELECT id, x, y FROM u, UNNEST(ARRAY[id, id * 10]) AS x CROSS JOIN UNNEST(SPLIT('a,b', ',')) AS y WHERE id < 3 AND y = 'b';
--! expect
{"id":1,"x":1,"y":"b"}
{"id":1,"x":10,"y":"b"}
{"id":2,"x":2,"y":"b"}
{"id":2,"x":20,"y":"b"}
