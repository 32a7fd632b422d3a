--! reason: A file that is not there is named.
--! file input/t.csv
1,a,2024-01-01 00:00:00
--! sql
CREATE TABLE u (
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/absent.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT * FROM u;
--! error: absent.csv
