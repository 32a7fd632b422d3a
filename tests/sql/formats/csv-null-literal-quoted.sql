--! reason: A null literal is NULL for every type.
--! file input/t.csv
n/a,n/a,n/a,n/a,n/a
1,"n/a",1.5,2024-01-01 00:00:00,true
2,na,2,1999-12-31 23:59:59.123,FALSE
--! sql
CREATE TABLE t (
  i INT,
  s STRING,
  d DOUBLE,
  ts TIMESTAMP(3),
  b BOOLEAN
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = 'n/a'
);
SELECT * FROM t;
--! expect
{"i":1,"s":null,"d":1.5,"ts":"2024-01-01 00:00:00.000","b":true}
{"i":2,"s":"na","d":2.0,"ts":"1999-12-31 23:59:59.123","b":false}
{"i":null,"s":null,"d":null,"ts":null,"b":null}
