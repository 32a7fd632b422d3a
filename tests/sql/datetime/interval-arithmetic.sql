--! reason: Intervals of days to seconds and of years to months, added and taken away; month ends are kept inside the month.
--! file input/t.csv
2024-01-31,2024-01-31 23:59:59.500
2024-02-29,2024-02-29 00:00:00
2023-12-31,1999-12-31 12:00:00
~,~
--! sql
CREATE TABLE t (
  d DATE,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT d + INTERVAL '1' MONTH AS m1, d - INTERVAL '1' YEAR AS y1, d + INTERVAL '40' DAY AS d40, ts + INTERVAL '1 02:03:04.5' DAY TO SECOND AS dts, ts - INTERVAL '90' MINUTE AS mi, ts + INTERVAL '1-2' YEAR TO MONTH AS ym FROM t;
--! expect
{"m1":"2024-01-31","y1":"2022-12-31","d40":"2024-02-09","dts":"2000-01-01 14:03:04.500","mi":"1999-12-31 10:30:00.000","ym":"2001-02-28 12:00:00.000"}
{"m1":"2024-02-29","y1":"2023-01-31","d40":"2024-03-11","dts":"2024-02-02 02:03:04.000","mi":"2024-01-31 22:29:59.500","ym":"2025-03-31 23:59:59.500"}
{"m1":"2024-03-29","y1":"2023-02-28","d40":"2024-04-09","dts":"2024-03-01 02:03:04.500","mi":"2024-02-28 22:30:00.000","ym":"2025-04-29 00:00:00.000"}
{"m1":null,"y1":null,"d40":null,"dts":null,"mi":null,"ym":null}
