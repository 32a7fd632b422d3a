--! reason: Numbers of different types compare by value; strings compare by code point.
--! file input/t.csv
1,1.0,1.00,b
2,1.5,2.01,a
3,3.0000001,3.00,B
4,~,~,é
5,5,5.1,""
--! sql
CREATE TABLE t (
  i INT,
  d DOUBLE,
  c DECIMAL(5, 2),
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT i, i = d AS id, i < c AS ic, c >= d AS cd, s > 'b' AS s1, s <= 'B' AS s2, s <> '' AS s3 FROM t;
--! expect
{"i":1,"id":true,"ic":false,"cd":true,"s1":false,"s2":false,"s3":true}
{"i":2,"id":false,"ic":true,"cd":true,"s1":false,"s2":false,"s3":true}
{"i":3,"id":false,"ic":false,"cd":false,"s1":false,"s2":true,"s3":true}
{"i":4,"id":null,"ic":null,"cd":null,"s1":true,"s2":false,"s3":true}
{"i":5,"id":true,"ic":true,"cd":true,"s1":false,"s2":true,"s3":false}
