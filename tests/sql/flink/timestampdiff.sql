--! reason: scalar, datetime: timestampdiff
--! file input/t.csv
1,2024-01-31 00:00:00,2024-02-29 00:00:00
2,2023-02-28 11:59:59,2024-02-29 12:00:00
3,2024-01-01 00:00:00,2024-01-01 00:00:00.999
4,2024-01-31 10:00:00,2024-03-30 09:00:00
5,~,2024-01-01 00:00:00
6,2020-02-29 00:00:00,2024-02-29 00:00:00
--! sql
CREATE TABLE t (
  id INT,
  a TIMESTAMP(3),
  b TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, TIMESTAMPDIFF(SECOND, a, b) AS s, TIMESTAMPDIFF(MINUTE, a, b) AS mi, TIMESTAMPDIFF(HOUR, a, b) AS h, TIMESTAMPDIFF(DAY, a, b) AS d, TIMESTAMPDIFF(MONTH, a, b) AS mo, TIMESTAMPDIFF(YEAR, a, b) AS y FROM t;
--! expect
{"id":1,"s":2505600,"mi":41760,"h":696,"d":29,"mo":1,"y":0}
{"id":2,"s":31622401,"mi":527040,"h":8784,"d":366,"mo":12,"y":1}
{"id":3,"s":0,"mi":0,"h":0,"d":0,"mo":0,"y":0}
{"id":4,"s":5094000,"mi":84900,"h":1415,"d":58,"mo":1,"y":0}
{"id":5,"s":null,"mi":null,"h":null,"d":null,"mo":null,"y":null}
{"id":6,"s":126230400,"mi":2103840,"h":35064,"d":1461,"mo":48,"y":4}
