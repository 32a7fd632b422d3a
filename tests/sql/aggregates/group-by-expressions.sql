--! reason: Groups by expressions of columns, one of them not selected.
--! file input/t.csv
a,1,1.5
a,2,~
b,~,2.5
b,~,~
~,5,0.5
a,2,3.5
~,~,~
--! sql
CREATE TABLE t (
  k STRING,
  v INT,
  d DOUBLE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT v / 2 AS h, COUNT(*) AS c, UPPER(k) AS u FROM t GROUP BY v / 2, UPPER(k), d IS NULL;
--! expect
{"h":0,"c":1,"u":"A"}
{"h":1,"c":1,"u":"A"}
{"h":1,"c":1,"u":"A"}
{"h":2,"c":1,"u":null}
{"h":null,"c":1,"u":"B"}
{"h":null,"c":1,"u":"B"}
{"h":null,"c":1,"u":null}
