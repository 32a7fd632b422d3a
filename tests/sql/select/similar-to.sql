--! reason: SIMILAR TO matches the whole string against an SQL regular expression.
--! file input/t.csv
1,ab
2,123
3,bzz
4,xxx
5,""
6,~
7,12a
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
SELECT id, s SIMILAR TO '(a|b)%' AS alt, s SIMILAR TO '[0-9]+' AS digits, s SIMILAR TO 'a_' AS one_char, s NOT SIMILAR TO 'x*' AS neg FROM t;
--! expect
{"id":1,"alt":true,"digits":false,"one_char":true,"neg":true}
{"id":2,"alt":false,"digits":true,"one_char":false,"neg":true}
{"id":3,"alt":true,"digits":false,"one_char":false,"neg":true}
{"id":4,"alt":false,"digits":false,"one_char":false,"neg":false}
{"id":5,"alt":false,"digits":false,"one_char":false,"neg":false}
{"id":6,"alt":null,"digits":null,"one_char":null,"neg":null}
{"id":7,"alt":false,"digits":false,"one_char":false,"neg":true}
