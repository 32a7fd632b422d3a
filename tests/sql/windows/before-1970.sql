--! reason: Windows before 1970 start at or before their rows.
--! file input/t.csv
1969-12-31 22:30:00,a,1
1969-12-31 23:00:00,a,2
1969-12-31 23:59:59.999,a,4
1970-01-01 00:00:00,a,8
--! sql
CREATE TABLE t (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '0' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT window_start, window_end, SUM(v) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
--! expect
{"window_start":"1969-12-31 22:00:00.000","window_end":"1969-12-31 23:00:00.000","s":1}
{"window_start":"1969-12-31 23:00:00.000","window_end":"1970-01-01 00:00:00.000","s":6}
{"window_start":"1970-01-01 00:00:00.000","window_end":"1970-01-01 01:00:00.000","s":8}
