--! reason: A row enters every sliding window over it, by key.
--! file input/t.csv
2024-01-01 10:00:00,a,1
2024-01-01 10:00:59.999,b,2
2024-01-01 10:01:00,a,3
2024-01-01 10:04:59,a,~
2024-01-01 10:05:00,b,5
2024-01-01 10:12:30,a,6
2024-01-01 10:12:31,~,7
--! sql
CREATE TABLE t (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, window_start, window_end, COUNT(*) AS c, SUM(v) AS s, MIN(v) AS mn FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' MINUTES, INTERVAL '10' MINUTES)) GROUP BY k, window_start, window_end;
--! expect
{"k":"a","window_start":"2024-01-01 09:55:00.000","window_end":"2024-01-01 10:05:00.000","c":3,"s":4,"mn":1}
{"k":"a","window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:10:00.000","c":3,"s":4,"mn":1}
{"k":"a","window_start":"2024-01-01 10:05:00.000","window_end":"2024-01-01 10:15:00.000","c":1,"s":6,"mn":6}
{"k":"a","window_start":"2024-01-01 10:10:00.000","window_end":"2024-01-01 10:20:00.000","c":1,"s":6,"mn":6}
{"k":"b","window_start":"2024-01-01 09:55:00.000","window_end":"2024-01-01 10:05:00.000","c":1,"s":2,"mn":2}
{"k":"b","window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:10:00.000","c":2,"s":7,"mn":2}
{"k":"b","window_start":"2024-01-01 10:05:00.000","window_end":"2024-01-01 10:15:00.000","c":1,"s":5,"mn":5}
{"k":null,"window_start":"2024-01-01 10:05:00.000","window_end":"2024-01-01 10:15:00.000","c":1,"s":7,"mn":7}
{"k":null,"window_start":"2024-01-01 10:10:00.000","window_end":"2024-01-01 10:20:00.000","c":1,"s":7,"mn":7}
