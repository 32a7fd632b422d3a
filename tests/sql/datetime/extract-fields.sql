--! reason: EXTRACT and its short functions take the fields of timestamps.
--! file input/t.csv
2024-02-29 13:45:30.567
2000-01-01 00:00:00
~
--! sql
CREATE TABLE t (
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT EXTRACT(YEAR FROM ts) AS y, EXTRACT(MONTH FROM ts) AS mo, EXTRACT(DAY FROM ts) AS d, EXTRACT(HOUR FROM ts) AS h, EXTRACT(MINUTE FROM ts) AS mi, EXTRACT(SECOND FROM ts) AS s, EXTRACT(MILLISECOND FROM ts) AS ms, EXTRACT(DOY FROM ts) AS doy, HOUR(ts) AS h2, MINUTE(ts) AS m2, SECOND(ts) AS s2 FROM t;
--! expect
{"y":2000,"mo":1,"d":1,"h":0,"mi":0,"s":0,"ms":0,"doy":1,"h2":0,"m2":0,"s2":0}
{"y":2024,"mo":2,"d":29,"h":13,"mi":45,"s":30,"ms":567,"doy":60,"h2":13,"m2":45,"s2":30}
{"y":null,"mo":null,"d":null,"h":null,"mi":null,"s":null,"ms":null,"doy":null,"h2":null,"m2":null,"s2":null}
