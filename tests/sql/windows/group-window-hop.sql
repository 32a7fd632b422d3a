--! reason: GROUP BY HOP(ts, slide, size) beside a computed key, after WHERE, with HAVING.
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
SELECT HOP_START(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND) AS s, id + 1 AS k, COUNT(*) AS n FROM t WHERE id > 0 GROUP BY HOP(ts, INTERVAL '5' SECOND, INTERVAL '10' SECOND), id + 1 HAVING COUNT(*) > 1;
--! expect
{"s":"2026-01-01 00:00:00.000","k":2,"n":2}
