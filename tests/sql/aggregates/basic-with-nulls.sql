--! reason: COUNT, SUM, MIN, MAX and AVG leave NULLs out; a group of NULLs only gives NULL and 0; NULL is a group.
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
SELECT k, COUNT(*) AS c, COUNT(v) AS cv, SUM(v) AS s, MIN(v) AS mn, MAX(v) AS mx, AVG(v) AS av, AVG(d) AS ad, SUM(d) AS sd FROM t GROUP BY k;
--! expect
{"k":"a","c":3,"cv":3,"s":5,"mn":1,"mx":2,"av":1,"ad":2.5,"sd":5.0}
{"k":"b","c":2,"cv":0,"s":null,"mn":null,"mx":null,"av":null,"ad":2.5,"sd":2.5}
{"k":null,"c":2,"cv":1,"s":5,"mn":5,"mx":5,"av":5,"ad":0.5,"sd":0.5}
