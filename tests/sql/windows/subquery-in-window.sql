--! reason: A filtering subquery keeps the time attribute.
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
CREATE VIEW v AS SELECT ts, UPPER(k) AS k2, v * 10 AS v2 FROM t WHERE v <> 3;
SELECT window_start, k2, SUM(v2) AS s FROM TABLE(TUMBLE(TABLE v, DESCRIPTOR(ts), INTERVAL '5' MINUTES)) GROUP BY window_start, window_end, k2;
--! expect
{"window_start":"2024-01-01 10:00:00.000","k2":"A","s":10}
{"window_start":"2024-01-01 10:00:00.000","k2":"B","s":20}
{"window_start":"2024-01-01 10:05:00.000","k2":"B","s":50}
{"window_start":"2024-01-01 10:10:00.000","k2":"A","s":60}
{"window_start":"2024-01-01 10:10:00.000","k2":null,"s":70}
