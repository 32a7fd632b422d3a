--! reason: A static partition gives its columns, the SELECT the others.
--! file input/t.csv
1,a
2,b
--! sql
CREATE TABLE t (
  v INT,
  k STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE out_t (
  v INT,
  d STRING,
  k STRING
) PARTITIONED BY (d, k) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out_t',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
INSERT INTO out_t PARTITION (d = 'x') SELECT v, k FROM t;
SELECT * FROM out_t;
--! expect
{"v":1,"d":"x","k":"a"}
{"v":2,"d":"x","k":"b"}
