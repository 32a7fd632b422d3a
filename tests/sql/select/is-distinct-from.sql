--! reason: IS DISTINCT FROM compares NULL like a value.
--! file input/t.csv
1,1
1,2
1,~
~,1
~,~
--! sql
CREATE TABLE t (
  a INT,
  b INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a, b, a IS DISTINCT FROM b AS d, a IS NOT DISTINCT FROM b AS nd, a = b AS eq, a <> b AS ne FROM t;
--! expect
{"a":1,"b":1,"d":false,"nd":true,"eq":true,"ne":false}
{"a":1,"b":2,"d":true,"nd":false,"eq":false,"ne":true}
{"a":1,"b":null,"d":true,"nd":false,"eq":null,"ne":null}
{"a":null,"b":1,"d":true,"nd":false,"eq":null,"ne":null}
{"a":null,"b":null,"d":false,"nd":true,"eq":null,"ne":null}
