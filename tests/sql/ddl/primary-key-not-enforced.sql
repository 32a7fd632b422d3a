--! reason: A primary key is a promise of the user; where it is kept, grouping by it gives every row.
--! file input/t.csv
1,x,1
2,x,2
1,y,4
--! sql
CREATE TABLE t (
  a INT,
  b STRING,
  c INT,
  PRIMARY KEY (a, b) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a, b, SUM(c) AS s FROM t GROUP BY a, b;
--! expect
{"a":1,"b":"x","s":1}
{"a":2,"b":"x","s":2}
{"a":1,"b":"y","s":4}
