--! reason: window-tvf, tumble, window-agg, timestamp-ltz: window on ltz
--! file input/bid.csv
1709210096000,1
1709210099999,2
1709210100000,4
1709210220001,8
--! sql
CREATE TABLE bid (
  ms BIGINT,
  v INT,
  ts AS TO_TIMESTAMP_LTZ(ms, 3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/bid.csv',
  'format' = 'csv'
);
SELECT window_start, window_end, window_time, SUM(v) AS s FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, window_time;
--! expect
{"window_start":"2024-02-29 12:34:00.000","window_end":"2024-02-29 12:35:00.000","window_time":"2024-02-29 12:34:59.999","s":3}
{"window_start":"2024-02-29 12:35:00.000","window_end":"2024-02-29 12:36:00.000","window_time":"2024-02-29 12:35:59.999","s":4}
{"window_start":"2024-02-29 12:37:00.000","window_end":"2024-02-29 12:38:00.000","window_time":"2024-02-29 12:37:59.999","s":8}
