--! reason: RANGE of a descending order with NULLs, and dates.
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
SELECT item, q, COUNT(*) OVER (ORDER BY q DESC RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING) AS c, SUM(q) OVER (ORDER BY TIMESTAMPADD(DAY, q, DATE '2024-01-01') RANGE BETWEEN INTERVAL '2' DAY PRECEDING AND CURRENT ROW) AS d FROM s WHERE q IS NULL OR q > 0;
--! expect
{"item":"a","q":1,"c":6,"d":2}
{"item":"a","q":5,"c":3,"d":15}
{"item":"b","q":3,"c":6,"d":12}
{"item":"b","q":4,"c":4,"d":14}
{"item":"c","q":9,"c":1,"d":16}
{"item":"d","q":2,"c":7,"d":6}
{"item":"d","q":7,"c":2,"d":12}
{"item":"e","q":null,"c":1,"d":null}
{"item":"f","q":1,"c":6,"d":2}
{"item":"f","q":2,"c":7,"d":6}
{"item":"g","q":3,"c":6,"d":12}
