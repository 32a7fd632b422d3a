--! reason: COALESCE, IFNULL, NULLIF and IF find a common type and keep three-valued logic.
--! file input/t.csv
1,10,x
~,20,y
2,~,~
~,~,~
--! sql
CREATE TABLE t (
  a INT,
  b BIGINT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT COALESCE(a, b, -1) AS c, IFNULL(s, 'none') AS i, NULLIF(a, 1) AS n, IF(a > 1, s, 'small') AS f, COALESCE(s, CAST(a AS STRING)) AS cs FROM t;
--! expect
{"c":-1,"i":"none","n":null,"f":"small","cs":null}
{"c":1,"i":"x","n":null,"f":"small","cs":"x"}
{"c":2,"i":"none","n":2,"f":null,"cs":"2"}
{"c":20,"i":"y","n":null,"f":"small","cs":"y"}
