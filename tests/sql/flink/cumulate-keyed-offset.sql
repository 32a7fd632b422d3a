--! reason: window-tvf, cumulate, offset, window-agg: cumulate keyed offset
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
SELECT k, window_start, window_end, MAX(v) AS m FROM TABLE(CUMULATE(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' MINUTES, INTERVAL '15' MINUTES, INTERVAL '5' MINUTES)) GROUP BY k, window_start, window_end;
--! expect
{"k":"a","window_start":"2024-03-01 09:50:00.000","window_end":"2024-03-01 10:05:00.000","m":30}
{"k":"a","window_start":"2024-03-01 10:05:00.000","window_end":"2024-03-01 10:10:00.000","m":100}
{"k":"a","window_start":"2024-03-01 10:05:00.000","window_end":"2024-03-01 10:15:00.000","m":100}
{"k":"a","window_start":"2024-03-01 10:05:00.000","window_end":"2024-03-01 10:20:00.000","m":100}
{"k":"b","window_start":"2024-03-01 09:50:00.000","window_end":"2024-03-01 10:05:00.000","m":7}
{"k":"b","window_start":"2024-03-01 10:05:00.000","window_end":"2024-03-01 10:15:00.000","m":50}
{"k":"b","window_start":"2024-03-01 10:05:00.000","window_end":"2024-03-01 10:20:00.000","m":50}
{"k":"c","window_start":"2024-03-01 10:05:00.000","window_end":"2024-03-01 10:10:00.000","m":1}
{"k":"c","window_start":"2024-03-01 10:05:00.000","window_end":"2024-03-01 10:15:00.000","m":1}
{"k":"c","window_start":"2024-03-01 10:05:00.000","window_end":"2024-03-01 10:20:00.000","m":1}
{"k":null,"window_start":"2024-03-01 09:50:00.000","window_end":"2024-03-01 10:05:00.000","m":2}
