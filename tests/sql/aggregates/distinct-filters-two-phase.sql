--! reason: DISTINCT of one column under several filters in two phases.
--! set table.exec.mini-batch.enabled = true
--! set table.exec.mini-batch.allow-latency = 1 s
--! set table.exec.mini-batch.size = 3
--! set table.optimizer.agg-phase-strategy = TWO_PHASE
--! file input/t.csv
a,1,10,x
a,2,20,x
a,1,30,y
b,1,~,x
a,3,40,~
a,~,50,y
b,~,60,y
b,1,70,y
a,5,5,x
a,6,5,z
a,2,45,z
c,~,~,~
--! sql
CREATE TABLE t (k STRING, u INT, v INT, s STRING) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT k, COUNT(DISTINCT u) AS us, COUNT(DISTINCT u) FILTER (WHERE v < 20) AS few, COUNT(DISTINCT u) FILTER (WHERE v >= 20) AS more,
  SUM(DISTINCT u) FILTER (WHERE v >= 20) AS sum_more, COUNT(DISTINCT s) AS texts, COUNT(DISTINCT s) FILTER (WHERE v < 20) AS few_texts,
  COUNT(DISTINCT s) FILTER (WHERE v >= 20) AS more_texts
FROM t GROUP BY k;
--! expect
{"k":"a","us":5,"few":3,"more":3,"sum_more":6,"texts":3,"few_texts":2,"more_texts":3}
{"k":"b","us":1,"few":0,"more":1,"sum_more":1,"texts":2,"few_texts":0,"more_texts":1}
{"k":"c","us":0,"few":0,"more":0,"sum_more":null,"texts":0,"few_texts":0,"more_texts":0}
