--! reason: ROLLUP with GROUPING and GROUPING_ID; NULL of the data is another group than NULL of the total.
--! file input/t.csv
a,x,1
a,y,2
b,x,3
b,~,4
--! sql
CREATE TABLE t (p STRING, q STRING, n INT) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT p, q, GROUPING(p) AS gp, GROUPING_ID(p, q) AS g, GROUP_ID() AS i, SUM(n) AS s, COUNT(*) AS c FROM t GROUP BY ROLLUP (p, q);
--! expect
{"p":"a","q":"x","gp":0,"g":0,"i":0,"s":1,"c":1}
{"p":"a","q":"y","gp":0,"g":0,"i":0,"s":2,"c":1}
{"p":"b","q":"x","gp":0,"g":0,"i":0,"s":3,"c":1}
{"p":"b","q":null,"gp":0,"g":0,"i":0,"s":4,"c":1}
{"p":"a","q":null,"gp":0,"g":1,"i":0,"s":3,"c":2}
{"p":"b","q":null,"gp":0,"g":1,"i":0,"s":7,"c":2}
{"p":null,"q":null,"gp":1,"g":3,"i":0,"s":10,"c":4}
