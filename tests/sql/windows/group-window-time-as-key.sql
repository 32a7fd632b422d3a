--! reason: The time column itself may be a key beside its window.
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
SELECT ts, COUNT(*) AS n FROM t GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), ts;
--! expect
{"ts":"2026-01-01 00:00:01.000","n":1}
{"ts":"2026-01-01 00:00:03.500","n":1}
{"ts":"2026-01-01 00:00:09.000","n":1}
{"ts":"2026-01-01 00:00:12.000","n":1}
{"ts":"2026-01-01 00:00:17.250","n":1}
{"ts":"2026-01-01 00:00:31.000","n":1}
