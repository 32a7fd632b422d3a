--! reason: SET changes an option for the statements after it and RESET takes it back.
--! file input/t.csv
0
1709210096000
--! sql
CREATE TABLE t (
  a BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SET 'table.local-time-zone' = 'Asia/Tokyo';
RESET 'table.local-time-zone';
SET 'table.local-time-zone' = 'UTC';
SELECT CAST(TO_TIMESTAMP_LTZ(a, 3) AS STRING) AS s FROM t;
--! expect
{"s":"1970-01-01 00:00:00.000"}
{"s":"2024-02-29 12:34:56.000"}
