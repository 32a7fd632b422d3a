--! reason: An expression without a name is called EXPR$ and its position.
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
SELECT a + 1, x.*, UPPER(b) FROM t AS x;
--! expect
{"EXPR$0":2,"a":1,"b":"x","EXPR$3":"X"}
{"EXPR$0":3,"a":2,"b":null,"EXPR$3":null}
