--! reason: csv-format, null: csv empty string fields
--! file input/t.csv
1,,x
2,x,
3,,
4,""," "
--! sql
CREATE TABLE t (
  a INT,
  s STRING,
  u STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT a, s, u, s IS NULL AS sn, s = '' AS se FROM t;
--! expect
{"a":1,"s":"","u":"x","sn":false,"se":true}
{"a":2,"s":"x","u":"","sn":false,"se":false}
{"a":3,"s":"","u":"","sn":false,"se":true}
{"a":4,"s":"","u":" ","sn":false,"se":true}
