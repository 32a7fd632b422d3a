--! reason: Rows that are taken back are taken back from every set.
--! file input/t.csv
a,x,1
a,y,2
b,x,3
b,~,4
--! sql
CREATE TABLE t (p STRING, q STRING, n INT) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT c, s, COUNT(*) AS g FROM (SELECT p, COUNT(*) AS c, SUM(n) AS s FROM t GROUP BY p) GROUP BY GROUPING SETS ((c), (s), ());
--! expect
{"c":2,"s":null,"g":2}
{"c":null,"s":3,"g":1}
{"c":null,"s":7,"g":1}
{"c":null,"s":null,"g":2}
