--! reason: scalar, string, regexp: regexp functions
--! file input/t.csv
1,abc123
2,a-b c-d
3,
4,~
5,ABC
6,x9y8
--! sql
CREATE TABLE t (
  id INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, REGEXP(s, '^[a-z]+[0-9]+$') AS m, REGEXP_EXTRACT(s, '([a-z]+)([0-9]+)', 2) AS e2, REGEXP_EXTRACT(s, '([a-z]+)([0-9]+)', 0) AS e0, REGEXP_REPLACE(s, '[0-9]', '#') AS r1, REGEXP_REPLACE(s, '(\w)-(\w)', '$2-$1') AS r2 FROM t;
--! expect
{"id":1,"m":true,"e2":"123","e0":"abc123","r1":"abc###","r2":"abc123"}
{"id":2,"m":false,"e2":null,"e0":null,"r1":"a-b c-d","r2":"$2-$1 $2-$1"}
{"id":3,"m":false,"e2":null,"e0":null,"r1":"","r2":""}
{"id":4,"m":null,"e2":null,"e0":null,"r1":null,"r2":null}
{"id":5,"m":false,"e2":null,"e0":null,"r1":"ABC","r2":"ABC"}
{"id":6,"m":false,"e2":"9","e0":"x9","r1":"x#y#","r2":"x9y8"}
