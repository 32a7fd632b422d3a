--! reason: Arrays and rows inside a field are split by the element delimiter.
--! file input/t.csv
1,1;2;3,5;five
2,7,6;six
--! sql
CREATE TABLE t (
  id INT,
  a ARRAY<INT>,
  r ROW<x INT, y STRING>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, a, r FROM t;
--! expect
{"id":1,"a":[1,2,3],"r":{"x":5,"y":"five"}}
{"id":2,"a":[7],"r":{"x":6,"y":"six"}}
