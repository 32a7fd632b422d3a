--! reason: GROUPING asks for an expression of GROUP BY.
--! file input/t.csv
a,x,1
a,y,2
b,x,3
b,~,4
--! sql
CREATE TABLE t (p STRING, q STRING, n INT) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT p, GROUPING(q) AS g FROM t GROUP BY p;
--! error: an argument of GROUPING must be one of the expressions of GROUP BY
