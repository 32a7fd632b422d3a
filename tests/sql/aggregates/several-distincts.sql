--! reason: Several DISTINCT aggregates over different columns beside plain ones.
--! file input/t.csv
a,1,1.5
a,1,1.5
a,2,1.5
b,3,~
b,3,2.5
b,~,2.5
a,4,9
--! sql
CREATE TABLE t (
  k STRING,
  v INT,
  d DOUBLE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, COUNT(DISTINCT v) AS cv, COUNT(DISTINCT d) AS cd, SUM(DISTINCT v) AS sv, SUM(v) AS s, AVG(DISTINCT v) AS av, MIN(DISTINCT d) AS md FROM t GROUP BY k;
--! expect
{"k":"a","cv":3,"cd":2,"sv":7,"s":8,"av":2,"md":1.5}
{"k":"b","cv":1,"cd":1,"sv":3,"s":6,"av":3,"md":2.5}
