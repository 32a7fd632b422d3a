--! reason: Every spelling of a type that Flink accepts means the same type.
--! file input/t.csv
1,1.25,7,0.5,ab,abc,hello,2024-01-02 03:04:05.678,12:30:00,true,1.5,42
--! sql
CREATE TABLE t (
  a INTEGER,
  b DEC(5, 2),
  c NUMERIC(4),
  d DOUBLE PRECISION,
  e CHARACTER(2),
  f CHAR VARYING(3),
  g VARCHAR(9),
  h TIMESTAMP(3) WITHOUT TIME ZONE,
  i TIME WITHOUT TIME ZONE,
  j BOOLEAN,
  k FLOAT NOT NULL,
  l DECIMAL
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a, b, c, d, e, f, g, h, i, j, k, l FROM t;
--! types {"b": "DECIMAL(5, 2)", "c": "DECIMAL(4, 0)", "l": "DECIMAL(10, 0)"}
--! expect
{"a":1,"b":"1.25","c":"7","d":0.5,"e":"ab","f":"abc","g":"hello","h":"2024-01-02 03:04:05.678","i":"12:30:00","j":true,"k":1.5,"l":"42"}
