--! reason: Frames that look ahead, and RANGE over numbers, which Flink has in batch mode only.
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
SELECT item, q, SUM(q) OVER (ORDER BY q, item ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS near, COUNT(*) OVER (ORDER BY q RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) AS nearby FROM s WHERE q IS NOT NULL;
--! expect
{"item":"a","q":1,"near":-6,"nearby":2}
{"item":"a","q":5,"near":16,"nearby":4}
{"item":"b","q":3,"near":8,"nearby":6}
{"item":"b","q":4,"near":12,"nearby":5}
{"item":"c","q":-8,"near":-7,"nearby":1}
{"item":"c","q":9,"near":16,"nearby":2}
{"item":"d","q":2,"near":5,"nearby":4}
{"item":"d","q":7,"near":21,"nearby":2}
{"item":"f","q":1,"near":4,"nearby":2}
{"item":"f","q":2,"near":7,"nearby":4}
{"item":"g","q":3,"near":10,"nearby":6}
