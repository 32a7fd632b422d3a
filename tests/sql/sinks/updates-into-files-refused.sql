--! reason: A file table takes no updates: an unbounded GROUP BY cannot be written to it in streaming.
--! file input/t.csv
a
b
--! sql
CREATE TABLE t (
  k STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE out_t (
  k STRING,
  c BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
INSERT INTO out_t SELECT k, COUNT(*) FROM t GROUP BY k;
--! error streaming: inserts
