--! reason: BETWEEN includes both ends, SYMMETRIC swaps them, and NULL bounds can still decide.
--! file input/t.csv
1,5,1,9
2,5,5,5
3,5,9,1
4,~,1,9
5,5,~,3
6,5,~,9
7,0,1,~
--! sql
CREATE TABLE t (
  id INT,
  v INT,
  lo INT,
  hi INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, v BETWEEN lo AND hi AS b, v NOT BETWEEN lo AND hi AS nb, v BETWEEN SYMMETRIC lo AND hi AS sb FROM t;
--! expect
{"id":1,"b":true,"nb":false,"sb":true}
{"id":2,"b":true,"nb":false,"sb":true}
{"id":3,"b":false,"nb":true,"sb":true}
{"id":4,"b":null,"nb":null,"sb":null}
{"id":5,"b":false,"nb":true,"sb":null}
{"id":6,"b":null,"nb":null,"sb":null}
{"id":7,"b":false,"nb":true,"sb":null}
