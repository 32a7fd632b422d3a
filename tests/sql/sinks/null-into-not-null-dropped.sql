--! reason: With not-null-enforcer = DROP rows with a NULL for a NOT NULL column are left out.
--! set table.exec.sink.not-null-enforcer = DROP
--! file input/t.csv
1,x
2,~
3,z
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE out_t (
  x INT,
  label STRING NOT NULL
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'csv'
);
INSERT INTO out_t SELECT a, s FROM t;
SELECT * FROM out_t;
--! expect
{"x":1,"label":"x"}
{"x":3,"label":"z"}
