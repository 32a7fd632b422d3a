--! reason: The element delimiter can be chosen.
--! file input/t.csv
1,x|y;z
2,w
--! sql
CREATE TABLE t (
  id INT,
  a ARRAY<STRING>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~',
  'csv.array-element-delimiter' = '|'
);
SELECT id, a FROM t;
--! expect
{"id":1,"a":["x","y;z"]}
{"id":2,"a":["w"]}
