--! reason: error, ddl: err bad option value
--! file input/t.csv
1
--! sql
CREATE TABLE t (
  id INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.ignore-parse-errors' = 'maybe'
);
SELECT * FROM t;
--! error:
