--! reason: window-tvf, tumble, window-agg, computed-column: window computed rowtime
--! file input/bid.csv
20240229 235959,1
20240301 000000,2
20240301 005959,4
--! sql
CREATE TABLE bid (
  s STRING,
  v INT,
  ts AS TO_TIMESTAMP(s, 'yyyyMMdd HHmmss'),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/bid.csv',
  'format' = 'csv'
);
SELECT window_start, SUM(v) AS s FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
--! expect
{"window_start":"2024-02-29 23:00:00.000","s":1}
{"window_start":"2024-03-01 00:00:00.000","s":6}
