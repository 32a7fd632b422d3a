--! reason: A star mixes with expressions, and AS may be left out.
--! file input/t.csv
1,x
2,~
--! sql
CREATE TABLE t (
  a INT,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT *, a + 1 AS c, b d FROM t;
--! expect
{"a":1,"b":"x","c":2,"d":"x"}
{"a":2,"b":null,"c":3,"d":null}
