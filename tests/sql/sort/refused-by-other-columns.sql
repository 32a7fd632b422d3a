--! reason: A stream has no end to sort by.
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
SELECT item FROM s ORDER BY q;
--! expect batch
{"item":"a"}
{"item":"a"}
{"item":"b"}
{"item":"b"}
{"item":"c"}
{"item":"c"}
{"item":"d"}
{"item":"d"}
{"item":"e"}
{"item":"f"}
{"item":"f"}
{"item":"g"}
--! error streaming: ORDER BY on a field that is no time attribute
