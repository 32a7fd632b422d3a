--! reason: ROW, ARRAY and MAP values are built from columns and find a common element type.
--! file input/t.csv
1,2,x
3,4,~
--! sql
CREATE TABLE t (
  a INT,
  b BIGINT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT ROW(a, s) AS r, ARRAY[a, b] AS arr, MAP['k', s, 'l', 'const'] AS m, ARRAY[s, NULL, 'z'] AS withnull, (a, b) AS implicit_row FROM t;
--! expect
{"r":{"EXPR$0":1,"EXPR$1":"x"},"arr":[1,2],"m":{"k":"x","l":"const"},"withnull":["x",null,"z"],"implicit_row":{"EXPR$0":1,"EXPR$1":2}}
{"r":{"EXPR$0":3,"EXPR$1":null},"arr":[3,4],"m":{"k":null,"l":"const"},"withnull":[null,null,"z"],"implicit_row":{"EXPR$0":3,"EXPR$1":4}}
