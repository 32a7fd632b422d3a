--! reason: scalar, null, filter: where null semantics
--! file input/t.csv
1,7,3
2,-7,3
3,7,-3
4,-7,-3
5,0,5
6,2147483647,2
7,-2147483648,2
8,~,4
9,10,~
--! sql
CREATE TABLE t (
  id INT,
  a INT,
  b INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id FROM t WHERE NOT (a > 0) OR b IS NULL;
--! expect
{"id":2}
{"id":4}
{"id":5}
{"id":7}
{"id":9}
