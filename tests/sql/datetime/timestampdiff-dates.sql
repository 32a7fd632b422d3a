--! reason: TIMESTAMPDIFF between dates counts full units; the 29th of February is a full month after the 31st of January.
--! file input/t.csv
2024-01-31,2024-02-29
2023-02-28,2024-02-28
2024-01-01,2024-01-01
2024-01-15,2024-02-15
~,2024-01-01
--! sql
CREATE TABLE t (
  a DATE,
  b DATE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT TIMESTAMPDIFF(DAY, a, b) AS d, TIMESTAMPDIFF(MONTH, a, b) AS m, TIMESTAMPDIFF(YEAR, a, b) AS y, TIMESTAMPDIFF(HOUR, a, b) AS h FROM t;
--! expect
{"d":0,"m":0,"y":0,"h":0}
{"d":29,"m":1,"y":0,"h":696}
{"d":31,"m":1,"y":0,"h":744}
{"d":365,"m":12,"y":1,"h":8760}
{"d":null,"m":null,"y":null,"h":null}
