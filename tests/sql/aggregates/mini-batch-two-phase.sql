--! reason: Partial results before the exchange give the same result.
--! set table.exec.mini-batch.enabled = true
--! set table.exec.mini-batch.allow-latency = 1 s
--! set table.exec.mini-batch.size = 3
--! set table.optimizer.agg-phase-strategy = TWO_PHASE
--! file input/t.csv
a,1,1.5
a,2,~
b,~,2.5
b,~,~
~,5,0.5
a,2,3.5
~,~,~
c,9,1.0
a,1,0.25
--! sql
CREATE TABLE t (k STRING, v INT, d DOUBLE) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv', 'csv.null-literal' = '~'
);
SELECT k, COUNT(*) AS c, COUNT(v) AS cv, SUM(v) AS s, MIN(v) AS mn, MAX(v) AS mx, COUNT(DISTINCT v) AS cd, SUM(d) AS sd FROM t GROUP BY k;
--! expect
{"k":"a","c":4,"cv":4,"s":6,"mn":1,"mx":2,"cd":2,"sd":5.25}
{"k":"b","c":2,"cv":0,"s":null,"mn":null,"mx":null,"cd":0,"sd":2.5}
{"k":"c","c":1,"cv":1,"s":9,"mn":9,"mx":9,"cd":1,"sd":1.0}
{"k":null,"c":2,"cv":1,"s":5,"mn":5,"mx":5,"cd":1,"sd":0.5}
