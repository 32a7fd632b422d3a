--! reason: Temporary tables read like permanent ones and may be dropped and made anew.
--! file input/t.csv
1,x
2,y
--! sql
CREATE TEMPORARY TABLE t (
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
DROP TEMPORARY TABLE t;
CREATE TEMPORARY TABLE t (
  a BIGINT,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT * FROM t;
--! expect
{"a":1,"b":"x"}
{"a":2,"b":"y"}
