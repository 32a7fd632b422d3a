--! reason: scalar, string, encoding: base64 hex url
--! file input/t.csv
1,hello
2,a b&c=d
3,
4,~
5,日本
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
SELECT id, TO_BASE64(s) AS b, FROM_BASE64(TO_BASE64(s)) AS rb, HEX(s) AS h, HEX(id * 255) AS hi, BIN(id) AS bi, URL_ENCODE(s) AS ue, URL_DECODE(URL_ENCODE(s)) AS ud FROM t;
--! expect
{"id":1,"b":"aGVsbG8=","rb":"hello","h":"68656C6C6F","hi":"FF","bi":"1","ue":"hello","ud":"hello"}
{"id":2,"b":"YSBiJmM9ZA==","rb":"a b&c=d","h":"61206226633D64","hi":"1FE","bi":"10","ue":"a+b%26c%3Dd","ud":"a b&c=d"}
{"id":3,"b":"","rb":"","h":"","hi":"2FD","bi":"11","ue":"","ud":""}
{"id":4,"b":null,"rb":null,"h":null,"hi":"3FC","bi":"100","ue":null,"ud":null}
{"id":5,"b":"5pel5pys","rb":"日本","h":"E697A5E69CAC","hi":"4FB","bi":"101","ue":"%E6%97%A5%E6%9C%AC","ud":"日本"}
