--! reason: json-format, null: json missing and extra fields
--! file input/t.json
{"a":1,"b":"x","c":true}
{"b":"y","zz":5}
{"c":false,"a":3}
{}
--! sql
CREATE TABLE t (
  a INT,
  b STRING,
  c BOOLEAN
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT * FROM t;
--! expect
{"a":1,"b":"x","c":true}
{"a":3,"b":null,"c":false}
{"a":null,"b":"y","c":null}
{"a":null,"b":null,"c":null}
