--! reason: A row that arrives between two open sessions merges them, with all their aggregates.
--! parallelism 1
--! file input/t.csv
2024-01-01 10:00:00,a,1
2024-01-01 10:00:15,a,2
2024-01-01 10:00:08,a,1
2024-01-01 10:00:40,a,4
2024-01-01 10:00:15,b,9
2024-01-01 10:02:00,a,5
--! sql
CREATE TABLE t (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '60' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, window_start, window_end, COUNT(*) AS c, SUM(v) AS s, COUNT(DISTINCT v) AS d, MAX(v) AS m FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECONDS)) GROUP BY k, window_start, window_end;
--! expect streaming
{"k":"a","window_start":"2024-01-01 10:00:00.000","window_end":"2024-01-01 10:00:25.000","c":3,"s":4,"d":2,"m":2}
{"k":"a","window_start":"2024-01-01 10:00:40.000","window_end":"2024-01-01 10:00:50.000","c":1,"s":4,"d":1,"m":4}
{"k":"a","window_start":"2024-01-01 10:02:00.000","window_end":"2024-01-01 10:02:10.000","c":1,"s":5,"d":1,"m":5}
{"k":"b","window_start":"2024-01-01 10:00:15.000","window_end":"2024-01-01 10:00:25.000","c":1,"s":9,"d":1,"m":9}
