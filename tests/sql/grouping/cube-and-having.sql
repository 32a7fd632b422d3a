--! reason: CUBE; GROUPING in HAVING; a key that is an aggregate's argument, too, keeps its value there.
--! file input/t.csv
a,x,1
a,y,2
b,x,3
b,~,4
--! sql
CREATE TABLE t (p STRING, q STRING, n INT) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT q, p, COUNT(q) AS cq, MIN(p) AS mp FROM t GROUP BY CUBE (p, q) HAVING GROUPING(q) = 1 OR COUNT(*) > 1;
--! expect
{"q":null,"p":"a","cq":2,"mp":"a"}
{"q":null,"p":"b","cq":1,"mp":"b"}
{"q":null,"p":null,"cq":3,"mp":"a"}
{"q":"x","p":null,"cq":2,"mp":"a"}
