--! reason: Flink's answer: also a greedy variable that is full keeps rows from the next.
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
SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES A.v AS a, C.v AS c, COUNT(B.v) AS n AFTER MATCH SKIP PAST LAST ROW PATTERN (A B{1,2} C) DEFINE A AS A.v = 1, B AS B.v > 2, C AS C.v > 4) AS m;
--! expect
