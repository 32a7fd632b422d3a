--! reason: IS_ALPHA, IS_DIGIT and IS_DECIMAL look at every character.
--! file input/t.csv
abc
123
1.5
-2
a1
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
SELECT s, IS_ALPHA(s) AS a, IS_DIGIT(s) AS d, IS_DECIMAL(s) AS c FROM t;
--! expect
{"s":"","a":false,"d":false,"c":false}
{"s":"-2","a":false,"d":false,"c":true}
{"s":"1.5","a":false,"d":false,"c":true}
{"s":"123","a":false,"d":true,"c":true}
{"s":"a1","a":false,"d":false,"c":false}
{"s":"abc","a":true,"d":false,"c":false}
{"s":null,"a":false,"d":false,"c":false}
