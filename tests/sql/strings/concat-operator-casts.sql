--! reason: The three ways to join strings differ in what NULL does to them.
--! file input/t.csv
1,x
2,~
~,y
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s || '-' || CAST(a AS STRING) AS j, CONCAT(s, '-', CAST(a AS STRING)) AS c, CONCAT_WS('/', s, CAST(a AS STRING), s) AS w FROM t;
--! expect
{"j":"x-1","c":"x-1","w":"x/1/x"}
{"j":null,"c":null,"w":"2"}
{"j":null,"c":null,"w":"y/y"}
