--! reason: DATE_FORMAT takes the letters of a Java date pattern, with literal text in quotes.
--! file input/t.csv
2024-02-29 00:05:09.007
2023-12-31 23:59:59
2024-07-04 12:00:00.5
~
--! sql
CREATE TABLE t (
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm:ss.SSS') AS full_, DATE_FORMAT(ts, 'yy/M/d H:m:s') AS short_, DATE_FORMAT(ts, 'hh:mm a') AS ampm, DATE_FORMAT(ts, 'EEE, dd MMM yyyy') AS words, DATE_FORMAT(ts, 'EEEE MMMM') AS longw, DATE_FORMAT(ts, 'yyyyMMdd''T''HH') AS quoted, DATE_FORMAT(ts, 'D') AS doy FROM t;
--! expect
{"full_":"2023-12-31 23:59:59.000","short_":"23/12/31 23:59:59","ampm":"11:59 PM","words":"Sun, 31 Dec 2023","longw":"Sunday December","quoted":"20231231T23","doy":"365"}
{"full_":"2024-02-29 00:05:09.007","short_":"24/2/29 0:5:9","ampm":"12:05 AM","words":"Thu, 29 Feb 2024","longw":"Thursday February","quoted":"20240229T00","doy":"60"}
{"full_":"2024-07-04 12:00:00.500","short_":"24/7/4 12:0:0","ampm":"12:00 PM","words":"Thu, 04 Jul 2024","longw":"Thursday July","quoted":"20240704T12","doy":"186"}
{"full_":null,"short_":null,"ampm":null,"words":null,"longw":null,"quoted":null,"doy":null}
