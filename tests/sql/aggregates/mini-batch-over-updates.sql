--! reason: The second aggregate is given updates: those are aggregated in one phase.
--! set table.exec.mini-batch.enabled = true
--! set table.exec.mini-batch.allow-latency = 1 s
--! set table.exec.mini-batch.size = 3
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
SELECT c, COUNT(*) AS n, SUM(s) AS s FROM (SELECT k, COUNT(*) AS c, SUM(v) AS s FROM t GROUP BY k) GROUP BY c;
--! expect
{"c":4,"n":1,"s":6}
{"c":2,"n":2,"s":5}
{"c":1,"n":1,"s":9}
