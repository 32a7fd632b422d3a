--! reason: With an escape character the next character loses its meaning.
--! file input/t.csv
1,"say \"hi\""
2,a\,b
3,c
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~',
  'csv.escape-character' = '\'
);
SELECT * FROM t;
--! expect
{"a":1,"s":"say \"hi\""}
{"a":2,"s":"a,b"}
{"a":3,"s":"c"}
