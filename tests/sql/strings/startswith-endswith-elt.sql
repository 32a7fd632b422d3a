--! reason: Prefix and suffix tests, and picking by number.
--! file input/t.csv
abc,ab,1
abc,bc,2
abc,"",3
~,a,1
abc,~,1
--! sql
CREATE TABLE t (
  s STRING,
  p STRING,
  n INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT STARTSWITH(s, p) AS st, ENDSWITH(s, p) AS en, ELT(n, s, p) AS el, CHR(64 + n) AS ch FROM t;
--! expect
{"st":false,"en":true,"el":"bc","ch":"B"}
{"st":null,"en":null,"el":"abc","ch":"A"}
{"st":null,"en":null,"el":null,"ch":"A"}
{"st":true,"en":false,"el":"abc","ch":"A"}
{"st":true,"en":true,"el":null,"ch":"C"}
