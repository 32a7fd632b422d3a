--! reason: aggregate, having: having
--! file input/t.csv
a,1,1.5,x
a,2,2.5,y
a,~,~,x
b,-5,0.25,~
b,-6,0.75,z
c,~,~,~
~,10,10,n
~,~,1,n
--! sql
CREATE TABLE t (
  g STRING,
  v INT,
  d DECIMAL(10,2),
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT g, SUM(v) AS s FROM t GROUP BY g HAVING COUNT(v) >= 1 AND SUM(v) > -100;
--! expect
{"g":"a","s":3}
{"g":"b","s":-11}
{"g":null,"s":10}
