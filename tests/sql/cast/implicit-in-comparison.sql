--! reason: A number beside a string is not cast by itself: the comparison is refused.
--! file input/t.csv
1,1,2024-01-31
2,02,2024-01-01
3,~,~
--! sql
CREATE TABLE t (
  i INT,
  s STRING,
  d DATE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT i, i = s AS eq, d > '2024-01-15' AS gt FROM t;
--! error: compare
