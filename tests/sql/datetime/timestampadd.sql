--! reason: TIMESTAMPADD moves a timestamp or date by whole units, also backwards.
--! file input/t.csv
2024-01-31 10:00:00,1
2024-03-31 10:00:00,-1
2024-02-29 00:00:00.123,12
~,1
2024-01-01 00:00:00,~
--! sql
CREATE TABLE t (
  ts TIMESTAMP(3),
  n INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT TIMESTAMPADD(SECOND, n, ts) AS s, TIMESTAMPADD(MINUTE, n, ts) AS mi, TIMESTAMPADD(HOUR, n, ts) AS h, TIMESTAMPADD(DAY, n, ts) AS d, TIMESTAMPADD(WEEK, n, ts) AS w, TIMESTAMPADD(MONTH, n, ts) AS mo, TIMESTAMPADD(QUARTER, n, ts) AS q, TIMESTAMPADD(YEAR, n, ts) AS y FROM t;
--! expect
{"s":"2024-01-31 10:00:01.000","mi":"2024-01-31 10:01:00.000","h":"2024-01-31 11:00:00.000","d":"2024-02-01 10:00:00.000","w":"2024-02-07 10:00:00.000","mo":"2024-02-29 10:00:00.000","q":"2024-04-30 10:00:00.000","y":"2025-01-31 10:00:00.000"}
{"s":"2024-02-29 00:00:12.123","mi":"2024-02-29 00:12:00.123","h":"2024-02-29 12:00:00.123","d":"2024-03-12 00:00:00.123","w":"2024-05-23 00:00:00.123","mo":"2025-02-28 00:00:00.123","q":"2027-02-28 00:00:00.123","y":"2036-02-29 00:00:00.123"}
{"s":"2024-03-31 09:59:59.000","mi":"2024-03-31 09:59:00.000","h":"2024-03-31 09:00:00.000","d":"2024-03-30 10:00:00.000","w":"2024-03-24 10:00:00.000","mo":"2024-02-29 10:00:00.000","q":"2023-12-31 10:00:00.000","y":"2023-03-31 10:00:00.000"}
{"s":null,"mi":null,"h":null,"d":null,"w":null,"mo":null,"q":null,"y":null}
{"s":null,"mi":null,"h":null,"d":null,"w":null,"mo":null,"q":null,"y":null}
