--! reason: LIKE knows % and _ and only the escape character that is named; the whole string must match.
--! file input/t.csv
1,ab
2,axb
3,a%b
4,a_b
5,""
6,~
7,Axb
8,a.b
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
SELECT id, s LIKE 'a%' AS prefix, s LIKE '%b' AS suffix, s LIKE '%x%' AS infix, s LIKE 'a_b' AS one_char, s LIKE 'a!%b' ESCAPE '!' AS pct, s LIKE 'a^_%' ESCAPE '^' AS und, s NOT LIKE 'a%' AS neg FROM t;
--! expect
{"id":1,"prefix":true,"suffix":true,"infix":false,"one_char":false,"pct":false,"und":false,"neg":false}
{"id":2,"prefix":true,"suffix":true,"infix":true,"one_char":true,"pct":false,"und":false,"neg":false}
{"id":3,"prefix":true,"suffix":true,"infix":false,"one_char":true,"pct":true,"und":false,"neg":false}
{"id":4,"prefix":true,"suffix":true,"infix":false,"one_char":true,"pct":false,"und":true,"neg":false}
{"id":5,"prefix":false,"suffix":false,"infix":false,"one_char":false,"pct":false,"und":false,"neg":true}
{"id":6,"prefix":null,"suffix":null,"infix":null,"one_char":null,"pct":null,"und":null,"neg":null}
{"id":7,"prefix":false,"suffix":true,"infix":true,"one_char":false,"pct":false,"und":false,"neg":true}
{"id":8,"prefix":true,"suffix":true,"infix":false,"one_char":true,"pct":false,"und":false,"neg":false}
