--! reason: LIKE with EXCLUDING GENERATED drops computed columns and keeps physical ones.
--! file input/t.csv
1,2
3,4
--! sql
CREATE TABLE t (
  a INT,
  b AS a + 1,
  c INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE u LIKE t (EXCLUDING GENERATED);
SELECT * FROM u;
--! expect
{"a":1,"c":2}
{"a":3,"c":4}
