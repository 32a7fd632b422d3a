--! reason: As in Flink, a mini-batch needs a size and a latency.
--! set table.exec.mini-batch.enabled = true
--! set table.exec.mini-batch.allow-latency = 1 s
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
--! error streaming: 'table.exec.mini-batch.size' must be greater than 0
