--! reason: A SUM that leaves the range of its type wraps.
--! file input/t.csv
1,9223372036854775807,2147483647,127
1,2,2,2
2,-9223372036854775808,-2147483648,-128
2,-1,-1,-1
--! sql
CREATE TABLE t (
  k INT,
  b BIGINT,
  i INT,
  t TINYINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, SUM(b) AS s, SUM(i) AS si, SUM(t) AS st FROM t GROUP BY k;
--! expect
{"k":1,"s":-9223372036854775807,"si":-2147483647,"st":-127}
{"k":2,"s":9223372036854775807,"si":2147483647,"st":127}
