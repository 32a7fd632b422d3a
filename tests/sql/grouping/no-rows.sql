--! reason: Without rows there is no total either, as in Flink, though one set is empty.
--! file input/t.csv
a,x,1
a,y,2
b,x,3
b,~,4
--! sql
CREATE TABLE t (p STRING, q STRING, n INT) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT p, COUNT(*) AS c FROM t WHERE n > 100 GROUP BY ROLLUP (p);
--! expect
