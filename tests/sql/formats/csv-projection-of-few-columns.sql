--! reason: Reading two columns of many, in another order, gives the same values.
--! file input/t.csv
1,"b,1",2,x,3
4,~,5,"y
z",6
--! sql
CREATE TABLE t (
  a INT,
  b STRING,
  c INT,
  d STRING,
  e INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT e, b FROM t;
--! expect
{"e":3,"b":"b,1"}
{"e":6,"b":null}
