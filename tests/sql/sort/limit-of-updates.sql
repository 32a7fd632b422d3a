--! reason: LIMIT over rows that change.
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
SELECT item, cat, total FROM (SELECT item, cat, SUM(q) AS total FROM s GROUP BY item, cat) ORDER BY total DESC, item, cat LIMIT 3 OFFSET 1;
--! expect
{"item":"a","cat":"x","total":6}
{"item":"b","cat":"x","total":7}
{"item":"f","cat":null,"total":3}
