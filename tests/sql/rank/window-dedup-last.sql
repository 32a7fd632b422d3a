--! reason: Flink's answer to window-dedup-last.
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
SELECT window_start, k, id FROM (SELECT window_start, window_end, k, id, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY ts DESC) AS rn FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' MINUTES))) WHERE rn = 1;
--! expect
{"window_start":"2024-03-01 10:00:00.000","k":"a","id":6}
{"window_start":"2024-03-01 10:00:00.000","k":"b","id":5}
{"window_start":"2024-03-01 10:00:00.000","k":null,"id":8}
{"window_start":"2024-03-01 10:05:00.000","k":"a","id":9}
{"window_start":"2024-03-01 10:05:00.000","k":"c","id":7}
{"window_start":"2024-03-01 10:10:00.000","k":"b","id":10}
