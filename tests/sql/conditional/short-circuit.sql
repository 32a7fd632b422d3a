--! reason: A branch of CASE that is not taken is not evaluated, so it cannot fail.
--! file input/t.csv
4,2,12
1,0,x
~,1,7
--! sql
CREATE TABLE t (
  a INT,
  b INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT CASE WHEN b = 0 THEN -1 ELSE a / b END AS q, IF(s SIMILAR TO '[0-9]+', CAST(s AS INT), 0) AS n FROM t;
--! expect
{"q":-1,"n":0}
{"q":2,"n":12}
{"q":null,"n":7}
