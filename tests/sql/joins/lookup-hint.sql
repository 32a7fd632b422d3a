--! reason: The hint LOOKUP is checked; on a table that is in memory retries and asynchronous lookups mean nothing.
--! file input/a.csv
1,10
2,20
3,30
--! file input/b.csv
1,p
2,q
--! sql
CREATE TABLE a (
  k INT,
  v INT,
  pt AS PROCTIME()
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/a.csv',
  'format' = 'csv'
);
CREATE TABLE b (
  k INT,
  w STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/b.csv',
  'format' = 'csv',
  'lookup.cache' = 'FULL',
  'lookup.max-retries' = '1'
);
SELECT /*+ LOOKUP('table' = 'b', 'async' = 'false', 'retry-predicate' = 'lookup_miss', 'retry-strategy' = 'fixed_delay', 'fixed-delay' = '10s', 'max-attempts' = '3') */
  a.v, b.w FROM a LEFT JOIN b FOR SYSTEM_TIME AS OF a.pt ON a.k = b.k;
--! expect
{"v":10,"w":"p"}
{"v":20,"w":"q"}
{"v":30,"w":null}
