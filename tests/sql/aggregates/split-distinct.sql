--! reason: Distinct aggregates in two steps (table.optimizer.distinct-agg.split.enabled) give what they give in one.
--! set table.optimizer.distinct-agg.split.enabled = true
--! set table.optimizer.distinct-agg.split.bucket-num = 3
--! file input/t.csv
a,1,10
a,2,20
a,1,30
b,1,~
a,3,40
a,~,50
b,~,60
b,1,70
a,5,5
a,6,5
a,7,5
c,~,~
--! sql
CREATE TABLE t (
  k STRING,
  u INT,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, COUNT(DISTINCT u) AS users, SUM(DISTINCT u) AS ids, COUNT(*) AS n, COUNT(v) AS vs, SUM(v) AS s, MAX(v) AS most,
  COUNT(DISTINCT u) FILTER (WHERE v > 10) AS few
FROM t GROUP BY k;
--! expect
{"k":"a","users":6,"ids":24,"n":8,"vs":8,"s":165,"most":50,"few":3}
{"k":"b","users":1,"ids":1,"n":3,"vs":2,"s":130,"most":70,"few":1}
{"k":"c","users":0,"ids":null,"n":1,"vs":0,"s":null,"most":null,"few":0}
