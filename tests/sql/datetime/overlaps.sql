--! reason: OVERLAPS tests two periods that are given by their ends or by a length.
--! file input/t.csv
2024-01-01 00:00:00,2024-01-01 02:00:00,2024-01-01 01:00:00,2024-01-01 03:00:00
2024-01-01 00:00:00,2024-01-01 00:30:00,2024-01-01 02:00:00,2024-01-01 03:00:00
~,2024-01-01 00:00:00,2024-01-01 00:00:00,2024-01-01 00:00:00
--! sql
CREATE TABLE t (
  a TIMESTAMP(3),
  b TIMESTAMP(3),
  c TIMESTAMP(3),
  d TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT (a, b) OVERLAPS (c, d) AS o, (a, INTERVAL '1' HOUR) OVERLAPS (c, INTERVAL '1' HOUR) AS oi FROM t;
--! expect
{"o":false,"oi":false}
{"o":null,"oi":null}
{"o":true,"oi":true}
