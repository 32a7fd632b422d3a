--! reason: LEAD, and ranks of ties, which Flink has in batch mode only.
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
SELECT item, q, LEAD(q, 1, 0) OVER (ORDER BY q, item) AS nxt, DENSE_RANK() OVER (ORDER BY ABS(q)) AS d, RANK() OVER (ORDER BY ABS(q)) AS r FROM s;
--! expect
{"item":"a","q":1,"nxt":1,"d":2,"r":2}
{"item":"a","q":5,"nxt":7,"d":6,"r":9}
{"item":"b","q":3,"nxt":3,"d":4,"r":6}
{"item":"b","q":4,"nxt":5,"d":5,"r":8}
{"item":"c","q":-8,"nxt":1,"d":8,"r":11}
{"item":"c","q":9,"nxt":0,"d":9,"r":12}
{"item":"d","q":2,"nxt":2,"d":3,"r":4}
{"item":"d","q":7,"nxt":9,"d":7,"r":10}
{"item":"e","q":null,"nxt":-8,"d":1,"r":1}
{"item":"f","q":1,"nxt":2,"d":2,"r":2}
{"item":"f","q":2,"nxt":3,"d":3,"r":4}
{"item":"g","q":3,"nxt":4,"d":4,"r":6}
