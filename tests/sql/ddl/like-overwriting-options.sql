--! reason: OVERWRITING OPTIONS keeps what the new table does not name and replaces what it does.
--! file input/t.csv
1,x
--! file input/u.csv
5,~
6,z
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
CREATE TABLE u (c AS a * 10) WITH ('path' = '${DIR}/input/u.csv') LIKE t (OVERWRITING OPTIONS);
SELECT * FROM u;
--! expect
{"a":5,"b":null,"c":50}
{"a":6,"b":"z","c":60}
