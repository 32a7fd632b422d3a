--! reason: A filter above an aggregate lets rows in and out as the aggregate changes.
--! file input/t.csv
a,1
a,4
b,9
b,-3
a,10
c,3
d,7
d,2
d,-1
--! sql
CREATE TABLE t (
  k STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, s FROM (SELECT k, SUM(v) AS s FROM t GROUP BY k) WHERE s BETWEEN 3 AND 8;
--! expect
{"k":"b","s":6}
{"k":"c","s":3}
{"k":"d","s":8}
