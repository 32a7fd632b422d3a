--! reason: Addition, subtraction and multiplication of integers wrap silently.
--! file input/t.csv
2147483647,9223372036854775807
-2147483648,-9223372036854775808
~,~
--! sql
CREATE TABLE t (
  i INT,
  l BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT i + 1 AS a, i * 2 AS m, i - 1 AS s, l + 1 AS la, l * 2 AS lm, -i AS n, ABS(i) AS ab FROM t;
--! expect
{"a":-2147483647,"m":0,"s":2147483647,"la":-9223372036854775807,"lm":0,"n":-2147483648,"ab":-2147483648}
{"a":-2147483648,"m":-2,"s":2147483646,"la":-9223372036854775808,"lm":-2,"n":-2147483647,"ab":2147483647}
{"a":null,"m":null,"s":null,"la":null,"lm":null,"n":null,"ab":null}
