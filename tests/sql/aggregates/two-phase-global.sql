--! reason: Without keys one subtask has the result, and all others help.
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
SELECT COUNT(*) AS c, SUM(v) AS s, COUNT(DISTINCT k) AS k FROM t;
--! expect
{"c":9,"s":20,"k":3}
