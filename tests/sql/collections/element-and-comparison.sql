--! reason: ELEMENT takes the only element; arrays and rows compare by value.
--! file input/t.json
{"id":1,"a":[7],"b":[7]}
{"id":2,"a":[],"b":[1]}
{"id":3,"a":null,"b":[1]}
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
SELECT id, ELEMENT(a) AS e, a = b AS eq, a <> b AS ne FROM t;
--! expect
{"id":1,"e":7,"eq":true,"ne":false}
{"id":2,"e":null,"eq":false,"ne":true}
{"id":3,"e":null,"eq":null,"ne":null}
