--! reason: DENSE_RANK counts different values.
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
SELECT cat, q, d FROM (SELECT cat, q, DENSE_RANK() OVER (PARTITION BY cat ORDER BY total) AS d FROM (SELECT cat, q, COUNT(*) AS total FROM s GROUP BY cat, q)) WHERE d <= 1;
--! expect
{"cat":"x","q":-8,"d":1}
{"cat":"x","q":1,"d":1}
{"cat":"x","q":3,"d":1}
{"cat":"x","q":4,"d":1}
{"cat":"x","q":5,"d":1}
{"cat":"x","q":9,"d":1}
{"cat":"y","q":2,"d":1}
{"cat":"y","q":7,"d":1}
{"cat":"y","q":null,"d":1}
{"cat":null,"q":1,"d":1}
{"cat":null,"q":2,"d":1}
{"cat":null,"q":3,"d":1}
