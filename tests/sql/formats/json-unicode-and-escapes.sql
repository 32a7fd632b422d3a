--! reason: Escapes and characters beyond ASCII and beyond 16 bits.
--! file input/t.json
{"s":"\u00e9\t\"\\\/","ключ":"да"}
{"s":"日本","\u043a\u043b\u044e\u0447":"x"}
--! sql
CREATE TABLE t (
  s STRING,
  `ключ` STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT s, CHAR_LENGTH(s) AS n, `ключ` AS k FROM t;
--! expect
{"s":"é\t\"\\/","n":5,"k":"да"}
{"s":"日本","n":2,"k":"x"}
