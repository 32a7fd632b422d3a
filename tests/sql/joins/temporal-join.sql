--! reason: Each row with the version of its time.
--! file input/o.csv
1,EUR,10,2024-01-01 09:00:00
2,EUR,20,2024-01-01 10:00:00
3,USD,30,2024-01-01 10:30:00
4,GBP,40,2024-01-01 10:45:00
5,~,50,2024-01-01 11:00:00
6,EUR,60,2024-01-01 12:30:00
--! file input/r.csv
EUR,110,2024-01-01 00:00:00
USD,100,2024-01-01 00:30:00
EUR,120,2024-01-01 10:00:00
EUR,130,2024-01-01 12:00:00
GBP,150,2024-01-01 12:10:00
--! sql
CREATE TABLE o (
  id INT,
  cur STRING,
  amt INT,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/o.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE r (
  cur STRING,
  rate INT,
  rt TIMESTAMP(3),
  WATERMARK FOR rt AS rt - INTERVAL '1' SECOND,
  PRIMARY KEY (cur) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/r.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT o.id, o.amt * r.rate AS p FROM o JOIN r FOR SYSTEM_TIME AS OF o.ts AS r ON o.cur = r.cur;
--! expect streaming
{"id":1,"p":1100}
{"id":2,"p":2400}
{"id":3,"p":3000}
{"id":6,"p":7800}
--! error batch: a temporal join in batch mode

