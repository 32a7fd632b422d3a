--! reason: Another delimiter and quote character; the quote doubles to stand for itself.
--! file input/t.csv
1;|x;y|;2
3;"plain";4
5;|a||b|;6
7;~;8
--! sql
CREATE TABLE t (
  a INT,
  s STRING,
  b INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~',
  'csv.field-delimiter' = ';',
  'csv.quote-character' = '|'
);
SELECT * FROM t;
--! expect
{"a":1,"s":"x;y","b":2}
{"a":3,"s":"\"plain\"","b":4}
{"a":5,"s":"a|b","b":6}
{"a":7,"s":null,"b":8}
