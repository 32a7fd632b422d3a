--! reason: aggregate, collections: array agg
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
SELECT g, ARRAY_AGG(v) AS l FROM t GROUP BY g;
--! expect streaming
{"g":"a","l":[3,1,3]}
{"g":"b","l":[null,2]}
