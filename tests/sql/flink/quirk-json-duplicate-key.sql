--! reason: json-format, edge, quirk: quirk json duplicate key
--! file input/t.json
{"b":"y","a":2,"a":3}
--! sql
CREATE TABLE t (
  b STRING,
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT * FROM t;
--! expect
{"b":"y","a":2}
