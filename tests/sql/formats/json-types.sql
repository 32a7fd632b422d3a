--! reason: Every type from its JSON form, with missing and null fields as NULL.
--! file input/t.json
{"i":1,"l":9007199254740993,"d":1.5e3,"c":12.345,"b":true,"s":"x","dt":"2024-02-29","tm":"01:02:03","ts":"2024-02-29 01:02:03.456","y":"AQID"}
{"i":null,"s":""}
{"s":null,"extra":1}
--! sql
CREATE TABLE t (
  i INT,
  l BIGINT,
  d DOUBLE,
  c DECIMAL(6, 2),
  b BOOLEAN,
  s STRING,
  dt DATE,
  tm TIME,
  ts TIMESTAMP(3),
  y BYTES
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT * FROM t;
--! types {"c": "DECIMAL(6, 2)"}
--! expect
{"i":1,"l":9007199254740993,"d":1500.0,"c":"12.35","b":true,"s":"x","dt":"2024-02-29","tm":"01:02:03","ts":"2024-02-29 01:02:03.456","y":"AQID"}
{"i":null,"l":null,"d":null,"c":null,"b":null,"s":"","dt":null,"tm":null,"ts":null,"y":null}
{"i":null,"l":null,"d":null,"c":null,"b":null,"s":null,"dt":null,"tm":null,"ts":null,"y":null}
