--! reason: A changelog that was written as change events is read as the same table.
--! file input/t.csv
a,1
b,2
a,3
c,4
a,5
b,6
--! sql
CREATE TABLE t (
  k STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
CREATE TABLE sums (
  k STRING,
  total INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'debezium-json'
);
INSERT INTO sums SELECT k, SUM(v) FROM t GROUP BY k;
SELECT * FROM sums;
--! expect streaming
{"k":"a","total":9}
{"k":"b","total":8}
{"k":"c","total":4}
