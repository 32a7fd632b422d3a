--! reason: UNION ALL keeps duplicates, matches by position and widens the types.
--! file input/t.csv
1,1.5,x
1,2.5,~
--! sql
CREATE TABLE t (
  a INT,
  b DECIMAL(4, 1),
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a AS v, s FROM t UNION ALL SELECT b, 'b' FROM t UNION ALL SELECT CAST(7 AS BIGINT), s FROM t;
--! types {"v": "DECIMAL(20, 1)"}
--! expect
{"v":"1.0","s":"x"}
{"v":"1.0","s":null}
{"v":"1.5","s":"b"}
{"v":"2.5","s":"b"}
{"v":"7.0","s":"x"}
{"v":"7.0","s":null}
