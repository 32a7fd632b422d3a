--! reason: scalar, string: substring odd indices
--! file input/t.csv
1,hello,1,2
2,hello,0,2
3,hello,-2,2
4,hello,3,100
5,hello,10,2
6,hello,2,0
7,"",1,1
8,日本語テスト,2,3
9,~,1,1
10,hello,-10,3
--! sql
CREATE TABLE t (
  id INT,
  s STRING,
  p INT,
  n INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, SUBSTRING(s FROM p) AS s1, SUBSTRING(s FROM p FOR n) AS s2, SUBSTR(s, p, n) AS s3, LEFT(s, n) AS l, RIGHT(s, n) AS r FROM t;
--! expect
{"id":1,"s1":"hello","s2":"he","s3":"he","l":"he","r":"lo"}
{"id":10,"s1":"","s2":"","s3":"","l":"hel","r":"llo"}
{"id":2,"s1":"hello","s2":"he","s3":"he","l":"he","r":"lo"}
{"id":3,"s1":"lo","s2":"lo","s3":"lo","l":"he","r":"lo"}
{"id":4,"s1":"llo","s2":"llo","s3":"llo","l":"hello","r":"hello"}
{"id":5,"s1":"","s2":"","s3":"","l":"he","r":"lo"}
{"id":6,"s1":"ello","s2":"","s3":"","l":"","r":""}
{"id":7,"s1":"","s2":"","s3":"","l":"","r":""}
{"id":8,"s1":"本語テスト","s2":"本語テ","s3":"本語テ","l":"日本語","r":"テスト"}
{"id":9,"s1":null,"s2":null,"s3":null,"l":null,"r":null}
