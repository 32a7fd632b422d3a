--! reason: Booleans become 1 and 0, and any number but 0 becomes TRUE.
--! file input/t.csv
true,1
false,0
~,-5
true,~
--! sql
CREATE TABLE t (
  b BOOLEAN,
  i INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT b, CAST(b AS INT) AS bi, CAST(b AS BIGINT) AS bl, CAST(i AS BOOLEAN) AS ib FROM t;
--! expect
{"b":false,"bi":0,"bl":0,"ib":false}
{"b":null,"bi":null,"bl":null,"ib":true}
{"b":true,"bi":1,"bl":1,"ib":null}
{"b":true,"bi":1,"bl":1,"ib":true}
