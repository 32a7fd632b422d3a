--! reason: JSON_ARRAYAGG leaves NULL out unless it is told to keep it.
--! parallelism 1
--! file input/t.csv
1
2
~
--! sql
CREATE TABLE t (
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT JSON_ARRAYAGG(a) AS j, JSON_ARRAYAGG(a NULL ON NULL) AS k FROM t;
--! expect
{"j":"[1,2]","k":"[1,2,null]"}
