--! reason: Rows in arrays, maps of rows and arrays of arrays.
--! file input/t.json
{"id":1,"a":[{"x":1,"y":["u"]},{"x":2,"y":["v",null]}],"m":{"k":{"p":1.5}},"n":[[1,2],[3]]}
{"id":2,"a":[{"y":null}],"m":{"k":null},"n":[null,[]]}
{"id":3}
--! sql
CREATE TABLE t (
  id INT,
  a ARRAY<ROW<x INT, y ARRAY<STRING>>>,
  m MAP<STRING, ROW<p DOUBLE>>,
  n ARRAY<ARRAY<INT>>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT id, a[1].x AS x, a[2].y AS y, m['k'].p AS p, n[1][2] AS n12, a, m, n FROM t;
--! expect
{"id":1,"x":1,"y":["v",null],"p":1.5,"n12":2,"a":[{"x":1,"y":["u"]},{"x":2,"y":["v",null]}],"m":{"k":{"p":1.5}},"n":[[1,2],[3]]}
{"id":2,"x":null,"y":null,"p":null,"n12":null,"a":[{"x":null,"y":null}],"m":{"k":null},"n":[null,[]]}
{"id":3,"x":null,"y":null,"p":null,"n12":null,"a":null,"m":null,"n":null}
