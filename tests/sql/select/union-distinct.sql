--! reason: UNION drops duplicates across and within its inputs; NULLs are the same.
--! file input/t.csv
1,x
1,x
~,~
2,y
--! file input/u.csv
2,y
~,~
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
CREATE TABLE u (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/u.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a, s FROM t UNION SELECT a, s FROM u;
--! expect
{"a":1,"s":"x"}
{"a":2,"s":"y"}
{"a":3,"s":null}
{"a":null,"s":null}
