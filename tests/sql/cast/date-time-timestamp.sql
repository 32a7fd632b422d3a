--! reason: Between dates, times and timestamps: a date is midnight, a timestamp loses one half.
--! file input/t.csv
2024-02-29,2024-03-01 23:59:59.999,10:00:00
~,~,~
--! sql
CREATE TABLE t (
  d DATE,
  ts TIMESTAMP(3),
  tm TIME
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT CAST(d AS TIMESTAMP(3)) AS dts, CAST(ts AS DATE) AS tsd, CAST(ts AS TIME) AS tst, CAST(ts AS TIMESTAMP(0)) AS ts0 FROM t;
--! expect
{"dts":"2024-02-29 00:00:00.000","tsd":"2024-03-01","tst":"23:59:59","ts0":"2024-03-01 23:59:59.000"}
{"dts":null,"tsd":null,"tst":null,"ts0":null}
