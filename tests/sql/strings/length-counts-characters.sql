--! reason: Length, position and substring count characters, not bytes.
--! file input/t.csv
abc
éàü
日本語
""
~
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s, CHAR_LENGTH(s) AS c, CHARACTER_LENGTH(s) AS c2, SUBSTRING(s FROM 2) AS a, SUBSTRING(s FROM 2 FOR 1) AS b, SUBSTR(s, 1, 2) AS d FROM t;
--! expect
{"s":"","c":0,"c2":0,"a":"","b":"","d":""}
{"s":"abc","c":3,"c2":3,"a":"bc","b":"b","d":"ab"}
{"s":"éàü","c":3,"c2":3,"a":"àü","b":"à","d":"éà"}
{"s":"日本語","c":3,"c2":3,"a":"本語","b":"本","d":"日本"}
{"s":null,"c":null,"c2":null,"a":null,"b":null,"d":null}
