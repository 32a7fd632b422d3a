--! reason: Seconds since 1970 to a string and back, in the zone of the session, with a pattern.
--! file input/t.csv
0,1970-01-01 08:00:00
1709210096,2024-02-29 20:34:56
~,~
--! sql
SET 'table.local-time-zone' = 'Asia/Shanghai';
CREATE TABLE t (
  n BIGINT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT FROM_UNIXTIME(n) AS a, FROM_UNIXTIME(n, 'yyyy/MM/dd HH') AS b, UNIX_TIMESTAMP(s) AS c, UNIX_TIMESTAMP(s, 'yyyy-MM-dd HH:mm:ss') AS d FROM t;
--! expect
{"a":"1970-01-01 08:00:00","b":"1970/01/01 08","c":0,"d":0}
{"a":"2024-02-29 20:34:56","b":"2024/02/29 20","c":1709210096,"d":1709210096}
{"a":null,"b":null,"c":null,"d":null}
