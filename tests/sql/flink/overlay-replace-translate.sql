--! reason: scalar, string: overlay replace translate
--! file input/t.csv
1,abcdef
2,a
3,""
4,~
5,banana
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
SELECT id, OVERLAY(s PLACING 'XX' FROM 2) AS o1, OVERLAY(s PLACING 'XX' FROM 2 FOR 1) AS o2, OVERLAY(s PLACING 'LONGER' FROM 3 FOR 1) AS o3, REPLACE(s, 'a', 'aa') AS rp, REPLACE(s, 'b', '') AS rb, TRANSLATE(s, 'abc', 'AB') AS tr FROM t;
--! expect
{"id":1,"o1":"aXXdef","o2":"aXXcdef","o3":"abLONGERdef","rp":"aabcdef","rb":"acdef","tr":"ABdef"}
{"id":2,"o1":"a","o2":"a","o3":"a","rp":"aa","rb":"a","tr":"A"}
{"id":3,"o1":"","o2":"","o3":"","rp":"","rb":"","tr":""}
{"id":4,"o1":null,"o2":null,"o3":null,"rp":null,"rb":null,"tr":null}
{"id":5,"o1":"bXXana","o2":"bXXnana","o3":"baLONGERana","rp":"baanaanaa","rb":"anana","tr":"BAnAnA"}
