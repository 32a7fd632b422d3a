--! reason: scalar, cast, string: cast char varchar pad trim
--! file input/t.csv
1,ab
2,abcdefg
3,""
4,日本語テキスト
--! sql
CREATE TABLE t (
  id INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT id, CAST(s AS CHAR(5)) || '|' AS c5, CAST(s AS VARCHAR(3)) || '|' AS v3, CHAR_LENGTH(CAST(s AS CHAR(4))) AS n4, CAST(12345 AS VARCHAR(3)) AS i3 FROM t;
--! expect
{"id":1,"c5":"ab   |","v3":"ab|","n4":4,"i3":"123"}
{"id":2,"c5":"abcde|","v3":"abc|","n4":4,"i3":"123"}
{"id":3,"c5":"     |","v3":"|","n4":4,"i3":"123"}
{"id":4,"c5":"日本語テキ|","v3":"日本語|","n4":4,"i3":"123"}
