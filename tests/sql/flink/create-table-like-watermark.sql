--! reason: ddl, like, window-tvf, tumble: create table like watermark
--! file input/e.csv
2024-01-01 00:00:00,1
2024-01-01 00:00:59,2
2024-01-01 00:01:00,4
--! sql
CREATE TABLE base (
  ts TIMESTAMP(3),
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/e.csv',
  'format' = 'csv'
);
CREATE TABLE e (WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) LIKE base;
SELECT window_start, SUM(v) AS s FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end;
--! expect
{"window_start":"2024-01-01 00:00:00.000","s":3}
{"window_start":"2024-01-01 00:01:00.000","s":4}
