--! reason: An aggregate without GROUP BY over rows gives one row.
--! file input/t.csv
a,1,1.5
a,2,~
b,~,2.5
b,~,~
~,5,0.5
a,2,3.5
~,~,~
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
SELECT COUNT(*) AS c, SUM(v) AS s, MIN(k) AS mn, MAX(k) AS mx, AVG(d) AS a FROM t;
--! expect
{"c":7,"s":10,"mn":"a","mx":"b","a":2.0}
