--! reason: FILTER feeds each aggregate its own rows; a group without any keeps its row.
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
SELECT k, COUNT(*) FILTER (WHERE v > 1) AS c, SUM(v) FILTER (WHERE d IS NOT NULL) AS s, COUNT(DISTINCT v) FILTER (WHERE v < 5) AS cd, MAX(d) FILTER (WHERE v = 2) AS m FROM t GROUP BY k;
--! expect
{"k":"a","c":2,"s":3,"cd":2,"m":3.5}
{"k":"b","c":0,"s":null,"cd":0,"m":null}
{"k":null,"c":1,"s":5,"cd":0,"m":null}
