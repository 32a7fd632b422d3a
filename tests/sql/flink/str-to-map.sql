--! reason: scalar, string, collections: str to map
--! file input/t.csv
1,a=1;b=2
2,k:v;z:w
3,novalue
--! sql
CREATE TABLE t (
  id INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, STR_TO_MAP(s) AS m1, STR_TO_MAP(s, ';', ':') AS m2 FROM t;
--! expect
{"id":1,"m1":{"a":"1;b=2"},"m2":{"a=1":null,"b=2":null}}
{"id":2,"m1":{"k:v;z:w":null},"m2":{"k":"v","z":"w"}}
{"id":3,"m1":{"novalue":null},"m2":{"novalue":null}}
