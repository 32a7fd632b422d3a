--! reason: Nested values, NULLs and every time type survive being written and read as JSON.
--! file input/t.json
{"id":1,"a":[1,null],"m":{"k":1},"r":{"x":"q\"","y":0.1},"d":"2024-02-29","tm":"23:59:58","ts":"2024-02-29 01:02:03.004","c":1.5,"y":"AQID"}
{"id":2}
--! sql
CREATE TABLE t (
  id INT,
  a ARRAY<INT>,
  m MAP<STRING, INT>,
  r ROW<x STRING, y DOUBLE>,
  d DATE,
  tm TIME,
  ts TIMESTAMP(3),
  c DECIMAL(5, 2),
  y BYTES
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
CREATE TABLE out_t (
  id INT,
  a ARRAY<INT>,
  m MAP<STRING, INT>,
  r ROW<x STRING, y DOUBLE>,
  d DATE,
  tm TIME,
  ts TIMESTAMP(3),
  c DECIMAL(5, 2),
  y BYTES
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'json'
);
INSERT INTO out_t SELECT * FROM t;
SELECT * FROM out_t;
--! types {"c": "DECIMAL(5, 2)"}
--! expect
{"id":1,"a":[1,null],"m":{"k":1},"r":{"x":"q\"","y":0.1},"d":"2024-02-29","tm":"23:59:58","ts":"2024-02-29 01:02:03.004","c":"1.50","y":"AQID"}
{"id":2,"a":null,"m":null,"r":null,"d":null,"tm":null,"ts":null,"c":null,"y":null}
