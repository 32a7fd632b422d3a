--! reason: FIRST_VALUE and LAST_VALUE skip NULLs and follow the order of arrival.
--! parallelism 1
--! file input/t.csv
a,~
a,1
a,2
b,~
a,~
c,3
--! sql
CREATE TABLE t (
  k STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, FIRST_VALUE(v) AS f, LAST_VALUE(v) AS l FROM t GROUP BY k;
--! expect streaming
{"k":"a","f":1,"l":2}
{"k":"b","f":null,"l":null}
{"k":"c","f":3,"l":3}
