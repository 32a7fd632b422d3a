--! reason: REPLACE is literal, REGEXP_REPLACE a pattern; an extract without a match is NULL.
--! file input/t.csv
ab12.c
...
12
""
~
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s, REPLACE(s, '.', '-') AS r, REGEXP_REPLACE(s, '[0-9]+', '#') AS rr, REGEXP_EXTRACT(s, '([a-z]+)([0-9]+)', 2) AS e2, REGEXP_EXTRACT(s, '[0-9]+') AS e0, REGEXP(s, '^[a-z]') AS m FROM t;
--! expect
{"s":"","r":"","rr":"","e2":null,"e0":null,"m":false}
{"s":"...","r":"---","rr":"...","e2":null,"e0":null,"m":false}
{"s":"12","r":"12","rr":"#","e2":null,"e0":"12","m":false}
{"s":"ab12.c","r":"ab12-c","rr":"ab#.c","e2":"12","e0":"12","m":true}
{"s":null,"r":null,"rr":null,"e2":null,"e0":null,"m":null}
