--! reason: scalar, string, unicode: upper lower initcap
--! file input/t.csv
1,hello WORLD
2,o'neil mc-donald x2y
3,ELAN VITAL
4,
5,~
6,123abc dEF
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
SELECT id, UPPER(s) AS u, LOWER(s) AS l, INITCAP(s) AS i FROM t;
--! expect
{"id":1,"u":"HELLO WORLD","l":"hello world","i":"Hello World"}
{"id":2,"u":"O'NEIL MC-DONALD X2Y","l":"o'neil mc-donald x2y","i":"O'Neil Mc-Donald X2y"}
{"id":3,"u":"ELAN VITAL","l":"elan vital","i":"Elan Vital"}
{"id":4,"u":"","l":"","i":""}
{"id":5,"u":null,"l":null,"i":null}
{"id":6,"u":"123ABC DEF","l":"123abc def","i":"123abc Def"}
