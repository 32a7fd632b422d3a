--! reason: Flink's answer to limit-without-order.
--! file input/t.csv
1
2
3
4
5
--! sql
CREATE TABLE t (
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT COUNT(*) AS c FROM (SELECT a FROM t LIMIT 3);
--! expect
{"c":3}
