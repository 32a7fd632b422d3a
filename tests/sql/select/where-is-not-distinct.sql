--! reason: IS NOT DISTINCT FROM as a filter keeps the row of two NULLs that = drops.
--! file input/t.csv
x,x
x,y
~,~
~,x
--! sql
CREATE TABLE t (
  a STRING,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a, b FROM t WHERE a IS NOT DISTINCT FROM b;
--! expect
{"a":"x","b":"x"}
{"a":null,"b":null}
