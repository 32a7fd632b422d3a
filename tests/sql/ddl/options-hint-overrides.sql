--! reason: A hint replaces an option of the table for this one use only.
--! file input/t.csv
1,x;y
--! file input/u.csv
2;p,q
--! sql
CREATE TABLE t (
  a INT,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT a, b FROM t /*+ OPTIONS('csv.field-delimiter' = ';', 'path' = '${DIR}/input/u.csv') */ UNION ALL SELECT a, b FROM t;
--! expect
{"a":1,"b":"x;y"}
{"a":2,"b":"p,q"}
