--! reason: Window results are rows that never change, so a file table takes them.
--! file input/t.csv
2024-01-01 10:00:00,a,1
2024-01-01 10:00:59.999,b,2
2024-01-01 10:01:00,a,3
2024-01-01 10:04:59,a,~
2024-01-01 10:05:00,b,5
2024-01-01 10:12:30,a,6
2024-01-01 10:12:31,~,7
--! sql
CREATE TABLE t (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE out_t (
  w TIMESTAMP(3),
  c BIGINT,
  s INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
INSERT INTO out_t SELECT window_start, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' MINUTES)) GROUP BY window_start, window_end;
SELECT * FROM out_t;
--! expect
{"w":"2024-01-01 10:00:00.000","c":4,"s":6}
{"w":"2024-01-01 10:05:00.000","c":1,"s":5}
{"w":"2024-01-01 10:10:00.000","c":2,"s":13}
