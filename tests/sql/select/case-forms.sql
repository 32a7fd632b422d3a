--! reason: Simple and searched CASE: first match wins, no ELSE gives NULL, NULL never equals NULL.
--! file input/t.csv
1,x
2,~
3,y
~,z
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
SELECT a, CASE a WHEN 1 THEN 'one' WHEN 2 THEN 'two' END AS simple, CASE WHEN a > 1 THEN 'big' WHEN a > 0 THEN 'small' ELSE 'none' END AS searched, CASE s WHEN CAST(NULL AS STRING) THEN 'null matched' ELSE 'not matched' END AS n, CASE WHEN s IS NULL THEN 0 WHEN a = 3 THEN 2.5 ELSE a END AS widened FROM t;
--! types {"widened": "DECIMAL(11, 1)"}
--! expect
{"a":1,"simple":"one","searched":"small","n":"not matched","widened":"1.0"}
{"a":2,"simple":"two","searched":"big","n":"not matched","widened":"0.0"}
{"a":3,"simple":null,"searched":"big","n":"not matched","widened":"2.5"}
{"a":null,"simple":null,"searched":"none","n":"not matched","widened":null}
