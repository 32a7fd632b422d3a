--! reason: Bounds of a group window under DISTINCT, without an aggregate.
--! file input/t.csv
1,2026-01-01 00:00:01.000
2,2026-01-01 00:00:03.500
1,2026-01-01 00:00:09.000
3,2026-01-01 00:00:12.000
1,2026-01-01 00:00:17.250
2,2026-01-01 00:00:31.000
--! sql
CREATE TABLE t (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv');
SELECT DISTINCT TUMBLE_START(ts, INTERVAL '10' SECOND) AS s FROM t GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
--! expect
{"s":"2026-01-01 00:00:00.000"}
{"s":"2026-01-01 00:00:10.000"}
{"s":"2026-01-01 00:00:30.000"}
