--! reason: json-format, error: json fail on missing field
--! file input/t.json
{"a":1,"b":"x"}
{"a":2}
--! sql
CREATE TABLE t (
  a INT,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json',
  'json.fail-on-missing-field' = 'true'
);
SELECT * FROM t;
--! error:
