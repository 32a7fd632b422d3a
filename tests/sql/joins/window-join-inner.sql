--! reason: Rows of the same window and key, with another condition.
--! file input/o.csv
1,a,2024-01-01 00:00:00
2,b,2024-01-01 00:01:00
3,a,2024-01-01 00:05:00
4,c,2024-01-01 00:06:00
5,~,2024-01-01 00:07:00
6,a,2024-01-01 00:20:00
--! file input/s.csv
s1,a,2024-01-01 00:02:00
s3,a,2024-01-01 00:05:00
s2,b,2024-01-01 00:12:00
s4,a,2024-01-01 00:15:00
s5,d,2024-01-01 00:16:00
s6,a,2024-01-01 00:25:01
--! sql
CREATE TABLE o (
  id INT,
  k STRING,
  ot TIMESTAMP(3),
  WATERMARK FOR ot AS ot - INTERVAL '1' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/o.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE s (
  sid STRING,
  k STRING,
  st TIMESTAMP(3),
  WATERMARK FOR st AS st - INTERVAL '1' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/s.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT l.id, r.sid, l.window_start AS ws FROM (SELECT * FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ot), INTERVAL '10' MINUTE))) l JOIN (SELECT * FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(st), INTERVAL '10' MINUTE))) r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k AND l.ot <= r.st;
--! expect
{"id":1,"sid":"s1","ws":"2024-01-01 00:00:00.000"}
{"id":1,"sid":"s3","ws":"2024-01-01 00:00:00.000"}
{"id":3,"sid":"s3","ws":"2024-01-01 00:00:00.000"}
{"id":6,"sid":"s6","ws":"2024-01-01 00:20:00.000"}
