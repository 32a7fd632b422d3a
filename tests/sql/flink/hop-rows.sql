--! reason: window-tvf, hop: hop rows
--! file input/bid.csv
2024-03-01 10:00:01,a,10,1
2024-03-01 10:00:59.999,a,20,2
2024-03-01 10:01:00,a,30,3
2024-03-01 10:00:58,b,5,4
2024-03-01 10:02:30,b,7,5
2024-03-01 10:02:27,a,~,6
2024-03-01 10:05:00,c,1,7
2024-03-01 10:04:59.500,~,2,8
2024-03-01 10:09:59,a,100,9
2024-03-01 10:12:00,b,50,10
--! sql
CREATE TABLE bid (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  id INT,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/bid.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, window_start, window_end FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' MINUTES, INTERVAL '6' MINUTES)) WHERE id <= 4;
--! expect
{"id":1,"window_start":"2024-03-01 09:56:00.000","window_end":"2024-03-01 10:02:00.000"}
{"id":1,"window_start":"2024-03-01 09:58:00.000","window_end":"2024-03-01 10:04:00.000"}
{"id":1,"window_start":"2024-03-01 10:00:00.000","window_end":"2024-03-01 10:06:00.000"}
{"id":2,"window_start":"2024-03-01 09:56:00.000","window_end":"2024-03-01 10:02:00.000"}
{"id":2,"window_start":"2024-03-01 09:58:00.000","window_end":"2024-03-01 10:04:00.000"}
{"id":2,"window_start":"2024-03-01 10:00:00.000","window_end":"2024-03-01 10:06:00.000"}
{"id":3,"window_start":"2024-03-01 09:56:00.000","window_end":"2024-03-01 10:02:00.000"}
{"id":3,"window_start":"2024-03-01 09:58:00.000","window_end":"2024-03-01 10:04:00.000"}
{"id":3,"window_start":"2024-03-01 10:00:00.000","window_end":"2024-03-01 10:06:00.000"}
{"id":4,"window_start":"2024-03-01 09:56:00.000","window_end":"2024-03-01 10:02:00.000"}
{"id":4,"window_start":"2024-03-01 09:58:00.000","window_end":"2024-03-01 10:04:00.000"}
{"id":4,"window_start":"2024-03-01 10:00:00.000","window_end":"2024-03-01 10:06:00.000"}
