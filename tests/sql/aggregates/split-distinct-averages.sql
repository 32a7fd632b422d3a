--! reason: AVG and DISTINCT of several columns in two steps give what they give in one.
--! set table.optimizer.distinct-agg.split.enabled = true
--! set table.optimizer.distinct-agg.split.bucket-num = 3
--! file input/t.csv
a,1,10,1.5,0.5
a,2,20,2.5,1
a,1,30,~,0.5
b,1,~,10,7
a,3,40,0.1,2
a,~,50,0.2,~
b,~,60,~,7
b,1,70,0.05,8
a,5,-5,1.5,0.25
a,6,-6,99.99,1
a,7,5,7,3
c,~,~,~,~
--! sql
CREATE TABLE t (k STRING, u INT, v INT, m DECIMAL(10, 2), d DOUBLE) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT k, COUNT(DISTINCT u) AS us, AVG(v) AS av, AVG(m) AS am, AVG(d) AS ad, AVG(DISTINCT u) AS adu, AVG(DISTINCT m) AS adm,
  COUNT(DISTINCT d) AS ds, SUM(DISTINCT d) AS sd, COUNT(DISTINCT u) FILTER (WHERE v > 10) AS few, AVG(v) FILTER (WHERE u < 3) AS afew,
  COUNT(*) AS n, MAX(v) AS most
FROM t GROUP BY k;
--! expect
{"k":"a","us":6,"av":18,"am":"16.112857","ad":1.1785714285714286,"adu":4,"adm":"18.548333","ds":5,"sd":6.75,"few":3,"afew":20,"n":8,"most":50}
{"k":"b","us":1,"av":65,"am":"5.025000","ad":7.333333333333333,"adu":1,"adm":"5.025000","ds":2,"sd":15.0,"few":1,"afew":70,"n":3,"most":70}
{"k":"c","us":0,"av":null,"am":null,"ad":null,"adu":null,"adm":null,"ds":0,"sd":null,"few":0,"afew":null,"n":1,"most":null}
