--! reason: LIMIT over a LIMIT.
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
SELECT item FROM (SELECT item, q FROM s ORDER BY q DESC LIMIT 4) ORDER BY q LIMIT 2;
--! expect
{"item":"a"}
{"item":"b"}
