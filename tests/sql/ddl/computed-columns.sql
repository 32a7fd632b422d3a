--! reason: Computed columns may stand between physical ones and do not take a field of the file.
--! file input/t.csv
1,x,10
2,y,20
3,~,30
--! sql
CREATE TABLE t (
  a INT,
  twice AS a * 2,
  s STRING,
  label AS UPPER(s) || CAST(a AS STRING),
  b INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT * FROM t;
--! expect
{"a":1,"twice":2,"s":"x","label":"X1","b":10}
{"a":2,"twice":4,"s":"y","label":"Y2","b":20}
{"a":3,"twice":6,"s":null,"label":null,"b":30}
