--! reason: LISTAGG joins with a comma or what is given, COLLECT counts values; both leave NULLs out.
--! file input/t.csv
a,x
a,x
b,~
c,z
c,~
--! sql
CREATE TABLE t (
  k STRING,
  v STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, LISTAGG(v) AS l, LISTAGG(v, ' | ') AS l2, COLLECT(v) AS c FROM t GROUP BY k;
--! expect
{"k":"a","l":"x,x","l2":"x | x","c":{"x":2}}
{"k":"b","l":null,"l2":null,"c":{}}
{"k":"c","l":"z","l2":"z","c":{"z":1}}
