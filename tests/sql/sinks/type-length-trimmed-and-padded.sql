--! reason: table.exec.sink.type-length-enforcer = TRIM_PAD.
--! set table.exec.sink.type-length-enforcer = TRIM_PAD
--! file input/t.csv
1,abcdef,xy
2,ab,xyzuv
3,äöü,xyz
4,~,~
--! sql
CREATE TABLE t (
  id INT,
  s VARCHAR(3),
  c CHAR(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE out_t (
  id INT,
  s VARCHAR(3),
  c CHAR(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'json'
);
CREATE TABLE read_t (
  id INT,
  s STRING,
  c STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'json'
);
INSERT INTO out_t SELECT id, s, c FROM t;
SELECT * FROM read_t;
--! expect
{"id":1,"s":"abc","c":"xy "}
{"id":2,"s":"ab","c":"xyz"}
{"id":3,"s":"äöü","c":"xyz"}
{"id":4,"s":null,"c":null}
