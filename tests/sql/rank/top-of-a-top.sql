--! reason: Top-N over a Top-N, which takes rows back.
--! file input/s.csv
a,x,5
b,x,3
a,x,1
c,x,9
d,y,2
b,x,4
e,y,~
d,y,7
c,x,-8
f,~,1
f,~,2
g,~,3
--! sql
CREATE TABLE s (
  item STRING,
  cat STRING,
  q INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/s.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT cat, q, rn FROM (SELECT cat, q, ROW_NUMBER() OVER (ORDER BY q DESC) AS rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cat ORDER BY q DESC, item) AS r FROM s) WHERE r <= 1) WHERE rn <= 2;
--! expect
{"cat":"x","q":9,"rn":1}
{"cat":"y","q":7,"rn":2}
