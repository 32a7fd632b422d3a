--! reason: error, ddl: err bad format name
--! file input/t.csv
1
--! sql
CREATE TABLE t (
  id INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'no-such-format'
);
SELECT * FROM t;
--! error:
