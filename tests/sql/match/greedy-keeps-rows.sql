--! reason: Flink's answer: what meets the condition of a greedy variable does not go to the next, though both would take it.
--! file input/t.csv
2024-01-01 10:00:00,1
2024-01-01 10:00:01,5
2024-01-01 10:00:02,6
2024-01-01 10:00:03,9
2024-01-01 10:00:04,1
2024-01-01 10:00:05,7
2024-01-01 10:00:06,2
2024-01-01 10:00:30,0
--! sql
CREATE TABLE t (ts TIMESTAMP(3), v INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv'
);
SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES A.v AS a, C.v AS c, COUNT(B.v) AS n AFTER MATCH SKIP PAST LAST ROW PATTERN (A B* C) DEFINE A AS A.v = 1, B AS B.v < 7, C AS C.v > 4) AS m;
--! expect
{"a":1,"c":9,"n":2}
{"a":1,"c":7,"n":0}
