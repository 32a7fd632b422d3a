--! reason: OVER of rows that change, which Flink refuses in streams.
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
SELECT cat, item, total, SUM(total) OVER (PARTITION BY cat ORDER BY total, item ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS near FROM (SELECT item, cat, SUM(q) AS total FROM s GROUP BY item, cat);
--! expect
{"cat":"x","item":"a","total":6,"near":7}
{"cat":"x","item":"b","total":7,"near":13}
{"cat":"x","item":"c","total":1,"near":1}
{"cat":"y","item":"d","total":9,"near":9}
{"cat":"y","item":"e","total":null,"near":null}
{"cat":null,"item":"f","total":3,"near":3}
{"cat":null,"item":"g","total":3,"near":6}
