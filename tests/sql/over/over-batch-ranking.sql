--! reason: Flink's answer in batch mode (it refuses the stream) to over-batch-ranking.
--! file input/o.csv
2024-01-01 00:00:00,a,1
2024-01-01 00:00:01,a,2
2024-01-01 00:00:03,a,3
2024-01-01 00:00:04,a,4
2024-01-01 00:00:02,b,10
2024-01-01 00:00:10,b,~
2024-01-01 00:00:11,b,30
2024-01-01 00:00:09,a,5
2024-01-01 00:00:10,~,7
--! sql
CREATE TABLE o (
  ts TIMESTAMP(3),
  k STRING,
  v INT,
  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/o.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn, RANK() OVER (PARTITION BY k ORDER BY ts) AS r, DENSE_RANK() OVER (PARTITION BY k ORDER BY ts) AS dr FROM o;
--! expect
{"k":"a","v":1,"rn":1,"r":1,"dr":1}
{"k":"a","v":2,"rn":2,"r":2,"dr":2}
{"k":"a","v":3,"rn":3,"r":3,"dr":3}
{"k":"a","v":4,"rn":4,"r":4,"dr":4}
{"k":"a","v":5,"rn":5,"r":5,"dr":5}
{"k":"b","v":10,"rn":1,"r":1,"dr":1}
{"k":"b","v":30,"rn":3,"r":3,"dr":3}
{"k":"b","v":null,"rn":2,"r":2,"dr":2}
{"k":null,"v":7,"rn":1,"r":1,"dr":1}
