--! reason: Flink's answer to topn-asc-nulls-default.
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
SELECT id, g, v, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY v ASC) AS rn FROM p) WHERE rn <= 2;
--! expect
{"id":1,"g":"a","v":10,"rn":1}
{"id":10,"g":null,"v":2,"rn":2}
{"id":3,"g":"a","v":20,"rn":2}
{"id":4,"g":"b","v":5,"rn":2}
{"id":6,"g":"c","v":7,"rn":1}
{"id":8,"g":"b","v":null,"rn":1}
{"id":9,"g":null,"v":1,"rn":1}
