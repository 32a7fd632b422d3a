--! reason: The bounds of a group window over TIMESTAMP_LTZ are TIMESTAMP(3) in the zone of the session, its time is TIMESTAMP_LTZ(3). (Flink, in batch: a bug.)
--! file input/t.csv
1,2026-01-01 00:00:01.000
2,2026-01-01 00:00:03.500
1,2026-01-01 00:00:09.000
3,2026-01-01 00:00:12.000
1,2026-01-01 00:00:17.250
2,2026-01-01 00:00:31.000
--! sql
CREATE TABLE t (id INT, x TIMESTAMP(3), ts AS CAST(x AS TIMESTAMP_LTZ(3)), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH ('connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv');
SELECT id, TUMBLE_START(ts, INTERVAL '10' SECOND) AS s, TUMBLE_ROWTIME(ts, INTERVAL '10' SECOND) AS r, COUNT(*) AS n FROM t GROUP BY id, TUMBLE(ts, INTERVAL '10' SECOND);
--! expect
{"id":1,"s":"2026-01-01 00:00:00.000","r":"2026-01-01 00:00:09.999","n":2}
{"id":2,"s":"2026-01-01 00:00:00.000","r":"2026-01-01 00:00:09.999","n":1}
{"id":3,"s":"2026-01-01 00:00:10.000","r":"2026-01-01 00:00:19.999","n":1}
{"id":1,"s":"2026-01-01 00:00:10.000","r":"2026-01-01 00:00:19.999","n":1}
{"id":2,"s":"2026-01-01 00:00:30.000","r":"2026-01-01 00:00:39.999","n":1}
