--! reason: GROUP BY SESSION(ts, gap) has a session for each combination of the other keys. (Flink, in batch: refused.)
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
SELECT SESSION_START(ts, INTERVAL '5' SECOND) AS s, SESSION_END(ts, INTERVAL '5' SECOND) AS e, id, SUM(id) AS n FROM t GROUP BY SESSION(ts, INTERVAL '5' SECOND), id;
--! expect
{"s":"2026-01-01 00:00:01.000","e":"2026-01-01 00:00:06.000","id":1,"n":1}
{"s":"2026-01-01 00:00:03.500","e":"2026-01-01 00:00:08.500","id":2,"n":2}
{"s":"2026-01-01 00:00:09.000","e":"2026-01-01 00:00:14.000","id":1,"n":1}
{"s":"2026-01-01 00:00:12.000","e":"2026-01-01 00:00:17.000","id":3,"n":3}
{"s":"2026-01-01 00:00:17.250","e":"2026-01-01 00:00:22.250","id":1,"n":1}
{"s":"2026-01-01 00:00:31.000","e":"2026-01-01 00:00:36.000","id":2,"n":2}
