--! reason: Flink's answer to window-topn.
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
SELECT window_start, k, v, rn FROM (SELECT window_start, window_end, k, v, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY v DESC, id ASC) AS rn FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' MINUTES)) WHERE v IS NOT NULL) WHERE rn <= 2;
--! expect
{"window_start":"2024-03-01 10:00:00.000","k":"a","v":20,"rn":2}
{"window_start":"2024-03-01 10:00:00.000","k":"a","v":30,"rn":1}
{"window_start":"2024-03-01 10:05:00.000","k":"a","v":100,"rn":1}
{"window_start":"2024-03-01 10:05:00.000","k":"c","v":1,"rn":2}
{"window_start":"2024-03-01 10:10:00.000","k":"b","v":50,"rn":1}
