--! reason: An interval join: bounds are inclusive.
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
SELECT o.id, s.sid FROM o JOIN s ON o.k = s.k AND s.st BETWEEN o.ot AND o.ot + INTERVAL '5' MINUTE;
--! expect
{"id":1,"sid":"s1"}
{"id":1,"sid":"s3"}
{"id":3,"sid":"s3"}
