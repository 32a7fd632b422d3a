--! reason: Without ORDER BY the frame is the partition.
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
SELECT item, cat, SUM(q) OVER (PARTITION BY cat) AS s, COUNT(*) OVER () AS n FROM s;
--! expect
{"item":"a","cat":"x","s":14,"n":12}
{"item":"a","cat":"x","s":14,"n":12}
{"item":"b","cat":"x","s":14,"n":12}
{"item":"b","cat":"x","s":14,"n":12}
{"item":"c","cat":"x","s":14,"n":12}
{"item":"c","cat":"x","s":14,"n":12}
{"item":"d","cat":"y","s":9,"n":12}
{"item":"d","cat":"y","s":9,"n":12}
{"item":"e","cat":"y","s":9,"n":12}
{"item":"f","cat":null,"s":6,"n":12}
{"item":"f","cat":null,"s":6,"n":12}
{"item":"g","cat":null,"s":6,"n":12}
