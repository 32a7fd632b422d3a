--! reason: An alias of the SELECT list is not visible in WHERE.
--! file input/t.csv
1,a,2024-01-01 00:00:00
--! sql
CREATE TABLE t (
  id INT,
  s STRING,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id + 1 AS plus_one FROM t WHERE plus_one > 1;
--! error: 'plus_one'
