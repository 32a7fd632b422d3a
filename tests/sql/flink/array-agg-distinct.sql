--! reason: aggregate, collections, distinct: array agg distinct
--! file input/t.csv
a,3
a,1
a,3
b,~
b,2
--! sql
CREATE TABLE t (
  g STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT g, ARRAY_AGG(DISTINCT v) AS ld FROM t GROUP BY g;
--! expect streaming
{"g":"a","ld":[3,1]}
{"g":"b","ld":[null,2]}
