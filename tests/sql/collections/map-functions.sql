--! reason: Maps: entries, unions, and maps from arrays.
--! file input/t.json
{"id":1,"m":{"a":1},"k":["x","y"],"v":[1,2]}
{"id":2,"m":{},"k":[],"v":[]}
{"id":3,"m":null,"k":null,"v":null}
--! sql
CREATE TABLE t (
  id INT,
  m MAP<STRING, INT>,
  k ARRAY<STRING>,
  v ARRAY<INT>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT id, MAP_FROM_ARRAYS(k, v) AS f, MAP_UNION(m, MAP['z', 26]) AS u, m['a'] AS a, CARDINALITY(m) AS c, m IS NULL AS n FROM t;
--! expect
{"id":1,"f":{"x":1,"y":2},"u":{"a":1,"z":26},"a":1,"c":1,"n":false}
{"id":2,"f":{},"u":{"z":26},"a":null,"c":0,"n":false}
{"id":3,"f":null,"u":null,"a":null,"c":null,"n":true}
