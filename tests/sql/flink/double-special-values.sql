--! reason: scalar, arithmetic, edge: double special values
--! file input/t.csv
1,1.0,0.0
2,-1.0,0.0
3,0.0,0.0
4,1e308,10
5,5e-324,0.5
--! sql
CREATE TABLE t (
  id INT,
  x DOUBLE,
  y DOUBLE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT id, x / y AS q, CAST(x / y AS STRING) AS s, x * y AS p, x = y AS eq FROM t;
--! expect
{"id":1,"q":"Infinity","s":"Infinity","p":0.0,"eq":false}
{"id":2,"q":"-Infinity","s":"-Infinity","p":-0.0,"eq":false}
{"id":3,"q":"NaN","s":"NaN","p":0.0,"eq":true}
{"id":4,"q":1.0E307,"s":"1.0E307","p":"Infinity","eq":false}
{"id":5,"q":1.0E-323,"s":"1.0E-323","p":0.0,"eq":false}
