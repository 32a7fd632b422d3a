--! reason: aggregate, statistics: percentile
--! file input/t.csv
a,10
a,20
a,30
a,40
b,7
b,~
c,~
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
SELECT g, PERCENTILE(v, 0.5) AS p50, PERCENTILE(v, ARRAY[0.25, 0.9]) AS ps FROM t GROUP BY g;
--! expect
{"g":"a","p50":25.0,"ps":[17.5,37.0]}
{"g":"b","p50":7.0,"ps":[7.0,7.0]}
{"g":"c","p50":null,"ps":null}
