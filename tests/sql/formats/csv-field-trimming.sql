--! reason: Blanks around integers and floating numbers are ignored; blanks in strings stay.
--! file input/t.csv
 1 , x , 2.5 ,3.25
2," y ",1e2,-0.5
--! sql
CREATE TABLE t (
  i INT,
  s STRING,
  d DOUBLE,
  c DECIMAL(5, 2)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT i, '[' || s || ']' AS s, d, c FROM t;
--! types {"c": "DECIMAL(5, 2)"}
--! expect
{"i":1,"s":"[ x ]","d":2.5,"c":"3.25"}
{"i":2,"s":"[ y ]","d":100.0,"c":"-0.50"}
