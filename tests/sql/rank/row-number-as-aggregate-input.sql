--! reason: Numbers in a computation above the Top-N.
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
SELECT cat, SUM(rn * 10 + q) AS x FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cat ORDER BY q DESC, item) AS rn FROM s) WHERE rn <= 2 GROUP BY cat;
--! expect
{"cat":"x","x":44}
{"cat":"y","x":39}
{"cat":null,"x":35}
