--! reason: scalar, string, regexp: regexp count instr substr
--! file input/t.csv
1,a1b22c333
2,none
3,
4,~
5,7
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
SELECT id, REGEXP_COUNT(s, '[0-9]+') AS c, REGEXP_INSTR(s, '[0-9]') AS i, REGEXP_SUBSTR(s, '[0-9]+') AS ss, REGEXP_EXTRACT_ALL(s, '([a-z])([0-9])', 2) AS ea FROM t;
--! expect
{"id":1,"c":3,"i":2,"ss":"1","ea":["1","2","3"]}
{"id":2,"c":0,"i":0,"ss":null,"ea":[]}
{"id":3,"c":0,"i":0,"ss":null,"ea":[]}
{"id":4,"c":null,"i":null,"ss":null,"ea":null}
{"id":5,"c":1,"i":1,"ss":"7","ea":[]}
