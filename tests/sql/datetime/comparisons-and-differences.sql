--! reason: Dates and timestamps compare with each other and with literals; a difference of timestamps is asked for by TIMESTAMPDIFF.
--! file input/t.csv
2024-01-01 00:00:00,2024-01-01 00:01:30.999,2024-01-01
2023-12-31 23:59:59.999,2023-12-31 23:59:59.999,2023-12-31
~,2024-01-01 00:00:00,~
--! sql
CREATE TABLE t (
  a TIMESTAMP(3),
  b TIMESTAMP(3),
  d DATE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a < b AS lt, a = b AS eq, a >= TIMESTAMP '2024-01-01 00:00:00' AS ge, d = DATE '2024-01-01' AS de, TIMESTAMPDIFF(SECOND, a, b) AS s, TIMESTAMPDIFF(MINUTE, b, a) AS m FROM t;
--! expect
{"lt":false,"eq":true,"ge":false,"de":false,"s":0,"m":0}
{"lt":null,"eq":null,"ge":null,"de":null,"s":null,"m":null}
{"lt":true,"eq":false,"ge":true,"de":true,"s":90,"m":-1}
