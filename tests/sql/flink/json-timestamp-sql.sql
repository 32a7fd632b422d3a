--! reason: json-format, datetime: json timestamp sql
--! file input/t.json
{"id":1,"ts":"2024-02-29 12:34:56.789","tz":"2024-02-29 12:34:56.789Z"}
{"id":2,"ts":"1969-12-31 23:59:59.999","tz":"1970-01-01 00:00:00Z"}
--! sql
CREATE TABLE t (
  id INT,
  ts TIMESTAMP(3),
  tz TIMESTAMP_LTZ(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT id, ts, tz FROM t;
--! expect
{"id":1,"ts":"2024-02-29 12:34:56.789","tz":"2024-02-29 12:34:56.789"}
{"id":2,"ts":"1969-12-31 23:59:59.999","tz":"1970-01-01 00:00:00.000"}
