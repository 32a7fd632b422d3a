--! reason: Rows of a windowed aggregate carry their window: grouping by it again is append-only, so files take it.
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
CREATE TABLE o (s TIMESTAMP(3), e TIMESTAMP(3), mc BIGINT, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '${DIR}/o', 'format' = 'csv');
SET 'table.dml-sync' = 'true';
INSERT INTO o SELECT window_start, window_end, MAX(c), COUNT(*) FROM (SELECT k, window_start, window_end, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY k, window_start, window_end) GROUP BY window_start, window_end;
SELECT * FROM o;
--! expect
{"s":"2024-01-01 10:00:00.000","e":"2024-01-01 10:10:00.000","mc":3,"n":2}
{"s":"2024-01-01 10:10:00.000","e":"2024-01-01 10:20:00.000","mc":1,"n":2}
