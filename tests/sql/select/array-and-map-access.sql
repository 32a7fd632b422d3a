--! reason: Arrays count from 1, missing keys and positions give NULL.
--! file input/t.json
{"id":1,"a":["p","q"],"m":{"x":1,"y":2},"n":2}
{"id":2,"a":[],"m":{},"n":1}
{"id":3,"a":null,"m":null,"n":1}
{"id":4,"a":["r",null],"m":{"x":null},"n":9}
--! sql
CREATE TABLE t (
  id INT,
  a ARRAY<STRING>,
  m MAP<STRING, INT>,
  n INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT id, a[1] AS first_one, a[n] AS nth, m['x'] AS x, m['nope'] AS nope, CARDINALITY(a) AS ca, CARDINALITY(m) AS cm FROM t;
--! expect
{"id":1,"first_one":"p","nth":"q","x":1,"nope":null,"ca":2,"cm":2}
{"id":2,"first_one":null,"nth":null,"x":null,"nope":null,"ca":0,"cm":0}
{"id":3,"first_one":null,"nth":null,"x":null,"nope":null,"ca":null,"cm":null}
{"id":4,"first_one":"r","nth":null,"x":null,"nope":null,"ca":2,"cm":1}
