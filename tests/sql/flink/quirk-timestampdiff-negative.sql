--! reason: scalar, datetime, quirk: quirk timestampdiff negative
--! file input/t.csv
1,2024-02-29 12:00:00,2023-02-28 11:59:59
2,2024-01-01 10:00:00,2024-01-01 09:00:01
3,2024-03-31 00:00:00,2024-02-29 00:00:00
--! sql
CREATE TABLE t (
  id INT,
  a TIMESTAMP(3),
  b TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT id, TIMESTAMPDIFF(HOUR, a, b) AS h, TIMESTAMPDIFF(DAY, a, b) AS d, TIMESTAMPDIFF(MONTH, a, b) AS mo, TIMESTAMPDIFF(YEAR, a, b) AS y FROM t;
--! expect
{"id":1,"h":-8784,"d":-366,"mo":-13,"y":-1}
{"id":2,"h":0,"d":0,"mo":-1,"y":0}
{"id":3,"h":-744,"d":-31,"mo":-1,"y":0}
