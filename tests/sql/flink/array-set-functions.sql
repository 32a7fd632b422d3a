--! reason: scalar, collections: array set functions
--! file input/t.json
{"id":1,"a":[3,1,2,3],"b":[2,4]}
{"id":2,"a":[],"b":[1]}
{"id":3,"a":null,"b":[1]}
{"id":4,"a":[null,5,null],"b":[5,null]}
--! sql
CREATE TABLE t (
  id INT,
  a ARRAY<INT>,
  b ARRAY<INT>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT id, ARRAY_DISTINCT(a) AS di, ARRAY_UNION(a, b) AS un, ARRAY_INTERSECT(a, b) AS it, ARRAY_EXCEPT(a, b) AS ex, ARRAY_CONCAT(a, b) AS cc FROM t;
--! expect
{"id":1,"di":[3,1,2],"un":[3,1,2,4],"it":[2],"ex":[3,1],"cc":[3,1,2,3,2,4]}
{"id":2,"di":[],"un":[1],"it":[],"ex":[],"cc":[1]}
{"id":3,"di":null,"un":null,"it":null,"ex":null,"cc":null}
{"id":4,"di":[null,5],"un":[null,5],"it":[null,5],"ex":[],"cc":[null,5,null,5,null]}
