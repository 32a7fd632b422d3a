--! reason: SELECT DISTINCT over expressions treats NULLs as one value.
--! file input/t.csv
2,x
3,x
4,x
~,x
~,x
2,~
3,~
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT DISTINCT a / 2 AS h, s FROM t;
--! expect
{"h":1,"s":"x"}
{"h":1,"s":null}
{"h":2,"s":"x"}
{"h":null,"s":"x"}
