--! reason: error, cast: err unsupported cast
--! file input/t.csv
1,a,2024-01-01 00:00:00
2,b,2024-01-01 00:01:00
--! sql
CREATE TABLE t (
  id INT,
  s STRING,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT CAST(ts AS INT) AS i FROM t;
--! error:
