--! reason: PARTITION BY and ORDER BY of expressions.
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
SELECT item, q, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cat IS NULL ORDER BY q * q DESC, item, q) AS rn FROM s) WHERE rn <= 2;
--! expect
{"item":"c","q":-8,"rn":2}
{"item":"c","q":9,"rn":1}
{"item":"f","q":2,"rn":2}
{"item":"g","q":3,"rn":1}
