--! reason: Flink's answer to order-by-offset-fetch.
--! file input/p.csv
1,a,10
2,a,30
3,a,20
4,b,5
5,b,50
6,c,7
7,a,40
8,b,~
9,~,1
10,~,2
--! sql
CREATE TABLE p (
  id INT,
  g STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/p.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, v FROM p ORDER BY id OFFSET 3 ROWS FETCH NEXT 4 ROWS ONLY;
--! expect
{"id":4,"v":5}
{"id":5,"v":50}
{"id":6,"v":7}
{"id":7,"v":40}
