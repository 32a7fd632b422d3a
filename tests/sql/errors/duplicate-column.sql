--! reason: A table cannot have two columns of one name.
--! file input/t.csv
1,a,2024-01-01 00:00:00
--! sql
CREATE TABLE t (
  dup INT,
  dup STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT 1;
--! error: 'dup'
