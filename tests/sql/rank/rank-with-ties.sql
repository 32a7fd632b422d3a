--! reason: A Top-N by RANK keeps ties, which Flink refuses in streams.
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
SELECT cat, item, q, r FROM (SELECT *, RANK() OVER (PARTITION BY cat ORDER BY ABS(q)) AS r FROM s) WHERE r <= 2;
--! expect
{"cat":"x","item":"a","q":1,"r":1}
{"cat":"x","item":"b","q":3,"r":2}
{"cat":"y","item":"d","q":2,"r":2}
{"cat":"y","item":"e","q":null,"r":1}
{"cat":null,"item":"f","q":1,"r":1}
{"cat":null,"item":"f","q":2,"r":2}
