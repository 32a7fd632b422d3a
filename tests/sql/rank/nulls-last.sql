--! reason: NULLS LAST in an ascending order.
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
SELECT cat, item, q, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cat ORDER BY q ASC NULLS LAST, item) AS rn FROM s) WHERE rn <= 2;
--! expect
{"cat":"x","item":"a","q":1,"rn":2}
{"cat":"x","item":"c","q":-8,"rn":1}
{"cat":"y","item":"d","q":2,"rn":1}
{"cat":"y","item":"d","q":7,"rn":2}
{"cat":null,"item":"f","q":1,"rn":1}
{"cat":null,"item":"f","q":2,"rn":2}
