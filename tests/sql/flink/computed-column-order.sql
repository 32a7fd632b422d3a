--! reason: ddl, computed-column: computed column order
--! file input/t.csv
1,10
2,20
--! sql
CREATE TABLE t (
  x AS b * 2,
  a INT,
  y AS a + 1,
  b INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT * FROM t;
--! expect
{"x":20,"a":1,"y":2,"b":10}
{"x":40,"a":2,"y":3,"b":20}
