--! reason: COUNT(DISTINCT ...) of a whole table, over strings and over several columns at once.
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
SELECT COUNT(DISTINCT k) AS ck, COUNT(DISTINCT v) AS cv, COUNT(DISTINCT d) FILTER (WHERE k = 'a') AS cd FROM t;
--! expect
{"ck":2,"cv":3,"cd":2}
