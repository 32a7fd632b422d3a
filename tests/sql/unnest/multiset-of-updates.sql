--! reason: An element of a multiset comes as often as it occurs; when the multiset changes, its old elements are taken back.
--! file input/u.json
{"id":1,"a":[1,2,3],"m":{"x":1,"y":2},"r":[{"p":1,"q":"a"},{"p":2,"q":null}]}
{"id":2,"a":[],"m":null,"r":null}
{"id":3,"a":null,"m":{},"r":[]}
{"id":4,"a":[null,7],"m":{"z":null},"r":[{"p":3,"q":"c"}]}
--! sql
CREATE TABLE u (id INT, a ARRAY<INT>, m MAP<STRING, INT>, r ARRAY<ROW<p INT, q STRING>>) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/u.json', 'format' = 'json'
);
SELECT s, e, COUNT(*) AS c FROM (SELECT id > 2 AS s, COLLECT(MOD(id, 3)) AS ms FROM u GROUP BY id > 2) AS t, UNNEST(ms) AS x (e) GROUP BY s, e;
--! expect
{"s":false,"e":1,"c":1}
{"s":false,"e":2,"c":1}
{"s":true,"e":0,"c":1}
{"s":true,"e":1,"c":1}
