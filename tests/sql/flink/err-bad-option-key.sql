--! reason: error, ddl: err bad option key
--! file input/t.csv
1
--! sql
CREATE TABLE t (
  id INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'no-such-option' = '1'
);
SELECT * FROM t;
--! error:
