--! reason: Bad fields become NULL, broken lines vanish, the rest stays.
--! file input/t.json
{"a":1,"b":"x","c":[1]}
{"a":"bad","b":"y","c":[1,"z"]}
not json
{"a":2,
{"a":3,"b":{"n":1},"c":5}
[]
--! sql
CREATE TABLE t (
  a INT,
  b STRING,
  c ARRAY<INT>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json',
  'json.ignore-parse-errors' = 'true'
);
SELECT * FROM t;
--! expect
{"a":1,"b":"x","c":[1]}
{"a":3,"b":"{\"n\":1}","c":null}
{"a":null,"b":"y","c":[1,null]}
