--! reason: SESSION in batch mode, which Flink does not have, gives what streaming gives.
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
SELECT k, window_start, window_end, COUNT(*) AS c FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '4' MINUTE)) GROUP BY k, window_start, window_end;
--! expect
{"k":"a","window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:08:59.000","c":3}
{"k":"a","window_start":"2024-01-01 10:12:30.000","window_end":"2024-01-01 10:16:30.000","c":1}
{"k":"b","window_start":"2024-01-01 10:00:59.999","window_end":"2024-01-01 10:04:59.999","c":1}
{"k":"b","window_start":"2024-01-01 10:05:00.000","window_end":"2024-01-01 10:09:00.000","c":1}
{"k":null,"window_start":"2024-01-01 10:12:31.000","window_end":"2024-01-01 10:16:31.000","c":1}
