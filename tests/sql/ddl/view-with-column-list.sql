--! reason: A view may rename its columns, and the inner names are gone.
--! file input/t.csv
1,x
2,y
3,z
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
CREATE VIEW v (num, label) COMMENT 'renamed' AS SELECT a + 1, b FROM t WHERE a > 1;
SELECT label, num * 10 AS n FROM v;
--! expect
{"label":"y","n":30}
{"label":"z","n":40}
