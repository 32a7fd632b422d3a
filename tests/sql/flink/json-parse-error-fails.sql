--! reason: json-format, parse-errors, error: json parse error fails
--! file input/t.json
{"a":1,"b":"x"}
{broken
--! sql
CREATE TABLE t (
  a INT,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT * FROM t;
--! error:
