--! reason: DISTINCT in a group window over the result of OVER. (Flink, in batch: refused.)
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
SELECT TUMBLE_START(ts, INTERVAL '10' SECOND) AS s, COUNT(DISTINCT id) AS n, MAX(c) AS c FROM (SELECT id, ts, COUNT(*) OVER (PARTITION BY id ORDER BY ts) AS c FROM t) GROUP BY TUMBLE(ts, INTERVAL '10' SECOND);
--! expect
{"s":"2026-01-01 00:00:00.000","n":2,"c":2}
{"s":"2026-01-01 00:00:10.000","n":2,"c":3}
{"s":"2026-01-01 00:00:30.000","n":1,"c":2}
