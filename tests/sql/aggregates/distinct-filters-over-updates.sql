--! reason: Over rows that are taken back, DISTINCT counts how often a value stands for each filter.
--! file input/t.csv
a,1
b,1
c,2
a,1
b,5
d,2
c,4
e,6
f,1
f,1
--! sql
CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv');
SELECT COUNT(DISTINCT s) AS d, COUNT(DISTINCT s) FILTER (WHERE k < 'c') AS ab, COUNT(DISTINCT s) FILTER (WHERE n = 2) AS twice,
  SUM(DISTINCT s) FILTER (WHERE n = 2) AS sum_twice, COUNT(*) AS c
FROM (SELECT k, SUM(v) AS s, COUNT(*) AS n FROM t GROUP BY k);
--! expect
{"d":2,"ab":2,"twice":2,"sum_twice":8,"c":6}
