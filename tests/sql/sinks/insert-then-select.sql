--! reason: What an INSERT wrote to files a later SELECT reads.
--! file input/t.csv
1,x
2,y
3,~
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
  y STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
INSERT INTO out_t SELECT a * 10, s FROM t WHERE a > 1;
SELECT * FROM out_t;
--! expect
{"x":20,"y":"y"}
{"x":30,"y":null}
