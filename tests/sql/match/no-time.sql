--! reason: Rows have to be in the order of a time attribute.
--! file input/t.csv
2024-04-01 10:00:00,ACME,12
2024-04-01 10:00:01,ACME,17
2024-04-01 10:00:01,OTHER,30
2024-04-01 10:00:02,ACME,19
2024-04-01 10:00:03,ACME,21
2024-04-01 10:00:03,OTHER,29
2024-04-01 10:00:04,ACME,25
2024-04-01 10:00:05,ACME,18
2024-04-01 10:00:06,ACME,15
2024-04-01 10:00:07,ACME,14
2024-04-01 10:00:07,OTHER,33
2024-04-01 10:00:08,ACME,24
2024-04-01 10:00:09,ACME,25
2024-04-01 10:00:10,ACME,19
2024-04-01 10:00:11,ACME,20
--! sql
CREATE TABLE t (ts TIMESTAMP(3), symbol STRING, price INT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv'
);
SELECT * FROM t MATCH_RECOGNIZE (ORDER BY price MEASURES A.price AS a PATTERN (A) DEFINE A AS A.price > 1) AS m;
--! error: you must specify either rowtime or proctime for order by
