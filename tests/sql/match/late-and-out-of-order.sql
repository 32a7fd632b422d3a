--! reason: Rows are taken in the order of their time, then of what else is said; not as they come.
--! file input/t.csv
2024-04-01 10:00:03,A,3
2024-04-01 10:00:01,A,1
2024-04-01 10:00:02,A,9
2024-04-01 10:00:02,A,2
2024-04-01 10:00:04,A,4
2024-04-01 10:00:30,A,5
--! sql
CREATE TABLE t (ts TIMESTAMP(3), symbol STRING, price INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv'
);
SELECT * FROM t MATCH_RECOGNIZE (
  ORDER BY ts, price
  MEASURES A.price AS a, B.price AS b, C.price AS c
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (A B C)
  DEFINE B AS B.price > A.price, C AS C.price > B.price
) AS m;
--! expect
{"a":1,"b":2,"c":9}
{"a":3,"b":4,"c":5}
