--! reason: FLOOR of a TIMESTAMP_LTZ to DAY cuts at midnight of the session zone.
--! file input/t.csv
0
1709233200000
~
--! sql
SET 'table.local-time-zone' = 'Asia/Kolkata';
CREATE TABLE t (
  ms BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT ms, CAST(FLOOR(TO_TIMESTAMP_LTZ(ms, 3) TO DAY) AS STRING) AS d, CAST(FLOOR(TO_TIMESTAMP_LTZ(ms, 3) TO HOUR) AS STRING) AS h FROM t;
--! expect
{"ms":0,"d":"1970-01-01 00:00:00.000","h":"1970-01-01 05:00:00.000"}
{"ms":1709233200000,"d":"2024-03-01 00:00:00.000","h":"2024-03-01 00:00:00.000"}
{"ms":null,"d":null,"h":null}
