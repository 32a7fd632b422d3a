--! reason: Over empty input a global aggregate gives a row in batch and none in streaming.
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
SELECT COUNT(*) AS c, SUM(v) AS s, MAX(k) AS m FROM t WHERE v > 1000;
--! expect streaming
--! expect batch
{"c":0,"s":null,"m":null}
