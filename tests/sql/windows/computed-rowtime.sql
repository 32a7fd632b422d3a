--! reason: The time column may be computed from a string or a number of seconds.
--! file input/t.csv
28/02/2024 23:59:59,1
29/02/2024 00:00:00,2
29/02/2024 12:00:00,4
01/03/2024 00:00:00,8
--! sql
CREATE TABLE t (
  s STRING,
  v INT,
  ts AS TO_TIMESTAMP(s, 'dd/MM/yyyy HH:mm:ss'),
  WATERMARK FOR ts AS ts
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT window_start, SUM(v) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY)) GROUP BY window_start, window_end;
--! expect
{"window_start":"2024-02-28 00:00:00.000","s":1}
{"window_start":"2024-02-29 00:00:00.000","s":6}
{"window_start":"2024-03-01 00:00:00.000","s":8}
