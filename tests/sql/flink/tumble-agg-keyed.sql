--! reason: window-tvf, tumble, window-agg: tumble agg keyed
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
SELECT k, window_start, COUNT(*) AS c, SUM(v) AS s, AVG(v) AS a, COUNT(DISTINCT v) AS d FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' MINUTES)) GROUP BY k, window_start, window_end;
--! expect
{"k":"a","window_start":"2024-03-01 10:00:00.000","c":4,"s":60,"a":20,"d":3}
{"k":"a","window_start":"2024-03-01 10:05:00.000","c":1,"s":100,"a":100,"d":1}
{"k":"b","window_start":"2024-03-01 10:00:00.000","c":2,"s":12,"a":6,"d":2}
{"k":"b","window_start":"2024-03-01 10:10:00.000","c":1,"s":50,"a":50,"d":1}
{"k":"c","window_start":"2024-03-01 10:05:00.000","c":1,"s":1,"a":1,"d":1}
{"k":null,"window_start":"2024-03-01 10:00:00.000","c":1,"s":2,"a":2,"d":1}
