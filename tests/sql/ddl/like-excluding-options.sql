--! reason: LIKE takes the columns; EXCLUDING OPTIONS leaves the connector to the new table.
--! file input/t.csv
1,x
--! file input/u.csv
5|~
6|z
--! sql
CREATE TABLE t (
  a INT,
  b STRING,
  c AS a + 1
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE u WITH ('connector' = 'filesystem', 'path' = '${DIR}/input/u.csv', 'format' = 'csv', 'csv.field-delimiter' = '|') LIKE t (EXCLUDING OPTIONS);
SELECT * FROM u;
--! expect
{"a":5,"b":"~","c":6}
{"a":6,"b":"z","c":7}
