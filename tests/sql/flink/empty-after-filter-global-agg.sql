--! reason: aggregate, empty: empty after filter global agg
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
SELECT COUNT(*) AS c, SUM(v) AS s, MIN(s) AS m, COUNT(DISTINCT g) AS d FROM t WHERE g = 'nope';
--! expect streaming
--! expect batch
{"c":0,"s":null,"m":null,"d":0}
