--! reason: CONVERT_TZ reads a string in one zone and writes it in another.
--! file input/t.csv
1970-01-01 00:00:00
2024-07-01 12:00:00
2024-02-29 23:30:00
~
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s, CONVERT_TZ(s, 'UTC', 'America/Los_Angeles') AS a, CONVERT_TZ(s, 'Europe/Paris', 'UTC') AS b, CONVERT_TZ(s, 'GMT+09:00', 'UTC') AS c FROM t;
--! expect
{"s":"1970-01-01 00:00:00","a":"1969-12-31 16:00:00","b":"1969-12-31 23:00:00","c":"1969-12-31 15:00:00"}
{"s":"2024-02-29 23:30:00","a":"2024-02-29 15:30:00","b":"2024-02-29 22:30:00","c":"2024-02-29 14:30:00"}
{"s":"2024-07-01 12:00:00","a":"2024-07-01 05:00:00","b":"2024-07-01 10:00:00","c":"2024-07-01 03:00:00"}
{"s":null,"a":null,"b":null,"c":null}
