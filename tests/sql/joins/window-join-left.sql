--! reason: window-tvf, tumble, window-join: window join left
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
--! file input/rt.csv
2024-03-01 10:00:30,a,r1
2024-03-01 10:01:30,a,r2
2024-03-01 10:01:45,~,r3
2024-03-01 10:02:50,b,r4
2024-03-01 10:02:55,b,r5
2024-03-01 10:07:00,c,r6
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
CREATE TABLE rt (
  ts TIMESTAMP(3),
  k STRING,
  rid STRING,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/rt.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT L.id, R.rid, COALESCE(L.window_start, R.window_start) AS ws, COALESCE(L.window_end, R.window_end) AS we FROM (SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE))) L LEFT JOIN (SELECT * FROM TABLE(TUMBLE(TABLE rt, DESCRIPTOR(ts), INTERVAL '1' MINUTE))) R ON L.window_start = R.window_start AND L.window_end = R.window_end AND L.k = R.k;
--! expect
{"id":1,"rid":"r1","ws":"2024-03-01 10:00:00.000","we":"2024-03-01 10:01:00.000"}
{"id":10,"rid":null,"ws":"2024-03-01 10:12:00.000","we":"2024-03-01 10:13:00.000"}
{"id":2,"rid":"r1","ws":"2024-03-01 10:00:00.000","we":"2024-03-01 10:01:00.000"}
{"id":3,"rid":"r2","ws":"2024-03-01 10:01:00.000","we":"2024-03-01 10:02:00.000"}
{"id":4,"rid":null,"ws":"2024-03-01 10:00:00.000","we":"2024-03-01 10:01:00.000"}
{"id":5,"rid":"r4","ws":"2024-03-01 10:02:00.000","we":"2024-03-01 10:03:00.000"}
{"id":5,"rid":"r5","ws":"2024-03-01 10:02:00.000","we":"2024-03-01 10:03:00.000"}
{"id":6,"rid":null,"ws":"2024-03-01 10:02:00.000","we":"2024-03-01 10:03:00.000"}
{"id":7,"rid":null,"ws":"2024-03-01 10:05:00.000","we":"2024-03-01 10:06:00.000"}
{"id":8,"rid":null,"ws":"2024-03-01 10:04:00.000","we":"2024-03-01 10:05:00.000"}
{"id":9,"rid":null,"ws":"2024-03-01 10:09:00.000","we":"2024-03-01 10:10:00.000"}
