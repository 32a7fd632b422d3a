--! reason: OVER is computed over groups.
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
SELECT cat, SUM(q) AS total, SUM(SUM(q)) OVER (ORDER BY cat) AS so_far, RANK() OVER (ORDER BY SUM(q) DESC) AS place FROM s GROUP BY cat;
--! expect
{"cat":"x","total":14,"so_far":20,"place":1}
{"cat":"y","total":9,"so_far":29,"place":2}
{"cat":null,"total":6,"so_far":6,"place":3}
