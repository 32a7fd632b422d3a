--! reason: A window of a day over TIMESTAMP_LTZ begins at midnight of the session zone.
--! file input/t.csv
1709218799000,1
1709218800000,2
1709290000000,4
1709305200000,8
--! sql
SET 'table.local-time-zone' = 'Asia/Tokyo';
CREATE TABLE t (
  ms BIGINT,
  v INT,
  ts AS TO_TIMESTAMP_LTZ(ms, 3),
  WATERMARK FOR ts AS ts
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT window_start, window_end, SUM(v) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end;
--! expect
{"window_start":"2024-02-29 00:00:00.000","window_end":"2024-03-01 00:00:00.000","s":1}
{"window_start":"2024-03-01 00:00:00.000","window_end":"2024-03-02 00:00:00.000","s":6}
{"window_start":"2024-03-02 00:00:00.000","window_end":"2024-03-03 00:00:00.000","s":8}
