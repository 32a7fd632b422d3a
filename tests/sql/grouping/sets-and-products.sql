--! reason: Items of GROUP BY are combined each with each; a set may be there twice, GROUP_ID tells which.
--! file input/t.csv
a,x,1
a,y,2
b,x,3
b,~,4
--! sql
CREATE TABLE t (p STRING, q STRING, n INT) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT p, q, GROUP_ID() AS i, SUM(n) AS s FROM t WHERE q = 'x' GROUP BY p, GROUPING SETS ((q), (), ());
--! expect
{"p":"a","q":"x","i":0,"s":1}
{"p":"b","q":"x","i":0,"s":3}
{"p":"a","q":null,"i":0,"s":1}
{"p":"b","q":null,"i":0,"s":3}
{"p":"a","q":null,"i":1,"s":1}
{"p":"b","q":null,"i":1,"s":3}
