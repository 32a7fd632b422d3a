--! reason: A cast of an array or a row casts its elements.
--! file input/t.json
{"id":1,"a":[1,null,3],"r":{"x":1,"y":"2"}}
{"id":2,"a":null,"r":null}
--! sql
CREATE TABLE t (
  id INT,
  a ARRAY<INT>,
  r ROW<x INT, y STRING>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT id, CAST(a AS ARRAY<STRING>) AS s, CAST(r AS ROW<p BIGINT, q STRING>) AS r2, CAST(a AS ARRAY<DOUBLE>) AS d FROM t;
--! expect
{"id":1,"s":["1",null,"3"],"r2":{"p":1,"q":"2"},"d":[1.0,null,3.0]}
{"id":2,"s":null,"r2":null,"d":null}
