--! reason: SIGN of each side of zero, ASCII of the first character; HASH_CODE is the same for equal values, NULL among them.
--! file input/t.csv
-3,abc
0,abc
5,
~,~
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a, SIGN(a) AS sg, ASCII(s) AS c, HASH_CODE(s) = HASH_CODE('abc') AS same, HASH_CODE(s) >= 0 AS positive,
  JSON_ARRAY(JSON('{"k" : [1, 2]}')) AS j, ROW_FIELD(ROW(a, s), 1) AS f FROM t;
--! expect
{"a":-3,"sg":-1,"c":97,"same":true,"positive":true,"j":"[{\"k\":[1,2]}]","f":"abc"}
{"a":0,"sg":0,"c":97,"same":true,"positive":true,"j":"[{\"k\":[1,2]}]","f":"abc"}
{"a":5,"sg":1,"c":0,"same":false,"positive":true,"j":"[{\"k\":[1,2]}]","f":""}
{"a":null,"sg":null,"c":null,"same":false,"positive":true,"j":"[{\"k\":[1,2]}]","f":null}
