--! reason: aggregate, distinct: count distinct multi columns
--! file input/t.csv
1,1
1,1
1,2
2,1
~,1
1,~
--! sql
CREATE TABLE t (
  a INT,
  b INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT COUNT(DISTINCT a) AS da, COUNT(DISTINCT (a, b)) AS dab FROM t;
--! expect batch
{"da":2,"dab":5}
