--! reason: Files are not looked up by key: a PARTIAL cache would read all of them for each.
--! sql
CREATE TABLE b (
  k INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/b.csv',
  'format' = 'csv',
  'lookup.cache' = 'PARTIAL',
  'lookup.partial-cache.max-rows' = '10'
);
SELECT k FROM b;
--! error: 'lookup.cache' = 'PARTIAL' of files
