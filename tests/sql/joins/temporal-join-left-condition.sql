--! reason: A condition on the version decides after the version is chosen.
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
SELECT o.id, r.rate FROM o LEFT JOIN r FOR SYSTEM_TIME AS OF o.ts AS r ON o.cur = r.cur AND r.rate < 125;
--! expect streaming
{"id":1,"rate":110}
{"id":2,"rate":120}
{"id":3,"rate":100}
{"id":4,"rate":null}
{"id":5,"rate":null}
{"id":6,"rate":null}
--! error batch: a temporal join in batch mode

