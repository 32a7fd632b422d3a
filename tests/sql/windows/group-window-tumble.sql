--! reason: GROUP BY TUMBLE(ts, size) with its bounds and its time, as jobs from before window table functions have it.
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
SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS s, TUMBLE_END(t.ts, INTERVAL '10' SECOND) AS e, TUMBLE_ROWTIME(ts, INTERVAL '10' SECOND) AS r, COUNT(*) AS n FROM t GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
--! expect
{"s":"2026-01-01 00:00:00.000","e":"2026-01-01 00:00:10.000","r":"2026-01-01 00:00:09.999","n":3}
{"s":"2026-01-01 00:00:10.000","e":"2026-01-01 00:00:20.000","r":"2026-01-01 00:00:19.999","n":2}
{"s":"2026-01-01 00:00:30.000","e":"2026-01-01 00:00:40.000","r":"2026-01-01 00:00:39.999","n":1}
