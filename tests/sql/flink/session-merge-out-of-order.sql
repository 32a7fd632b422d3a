--! reason: window-tvf, session, window-agg: session merge out of order
--! file input/bid.csv
2024-01-01 00:00:00,a,1
2024-01-01 00:00:15,a,2
2024-01-01 00:00:08,a,4
2024-01-01 00:00:40,a,8
2024-01-01 00:00:33,a,16
2024-01-01 00:01:10,a,32
--! sql
CREATE TABLE bid (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/bid.csv',
  'format' = 'csv'
);
SELECT k, window_start, window_end, SUM(v) AS s FROM TABLE(SESSION(TABLE bid PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;
--! expect streaming
{"k":"a","window_start":"2024-01-01 00:00:00.000","window_end":"2024-01-01 00:00:25.000","s":7}
{"k":"a","window_start":"2024-01-01 00:00:33.000","window_end":"2024-01-01 00:00:50.000","s":24}
{"k":"a","window_start":"2024-01-01 00:01:10.000","window_end":"2024-01-01 00:01:20.000","s":32}
