--! reason: A NULL for a NOT NULL column fails the job and names the column.
--! file input/t.csv
1,x
2,~
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
  'format' = 'csv',
  'csv.null-literal' = '~'
);
INSERT INTO out_t SELECT a, s FROM t;
--! error: 'label'
