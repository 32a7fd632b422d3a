--! reason: Flink's answer to topn-n-larger-than-input.
--! file input/p.csv
1,a,5
2,a,5
3,b,5
--! sql
CREATE TABLE p (
  id INT,
  g STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/p.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, g, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY id) AS rn FROM p) WHERE rn < 100;
--! expect
{"id":1,"g":"a","rn":1}
{"id":2,"g":"a","rn":2}
{"id":3,"g":"b","rn":1}
