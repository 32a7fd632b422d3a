--! reason: DATE_FORMAT reads a string as a timestamp, and formats a TIMESTAMP_LTZ in the zone of the session.
--! file input/t.csv
2024-02-29 12:34:56,0
2024-03-10 02:30:00,1710054000000
~,~
--! sql
SET 'table.local-time-zone' = 'America/New_York';
CREATE TABLE t (
  s STRING,
  ms BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT DATE_FORMAT(s, 'dd.MM.yyyy HH:mm') AS a, DATE_FORMAT(TO_TIMESTAMP_LTZ(ms, 3), 'yyyy-MM-dd HH:mm:ss') AS b FROM t;
--! expect
{"a":"10.03.2024 02:30","b":"2024-03-10 03:00:00"}
{"a":"29.02.2024 12:34","b":"1969-12-31 19:00:00"}
{"a":null,"b":null}
