--! reason: Without the number in the output rows come and go.
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
SELECT cat, item, total FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cat ORDER BY total DESC, item) AS rn FROM (SELECT item, cat, SUM(q) AS total FROM s GROUP BY item, cat)) WHERE rn <= 2;
--! expect
{"cat":"x","item":"a","total":6}
{"cat":"x","item":"b","total":7}
{"cat":"y","item":"d","total":9}
{"cat":"y","item":"e","total":null}
{"cat":null,"item":"f","total":3}
{"cat":null,"item":"g","total":3}
