--! reason: TIME keeps the time of day; adding an interval goes round midnight.
--! file input/t.csv
00:00:00
23:45:10
12:00:00
~
--! sql
CREATE TABLE t (
  t0 TIME
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT t0, t0 + INTERVAL '30' MINUTE AS p, t0 - INTERVAL '1' HOUR AS m, EXTRACT(HOUR FROM t0) AS h, t0 > TIME '12:00:00' AS pm FROM t;
--! expect
{"t0":"00:00:00","p":"00:30:00","m":"23:00:00","h":0,"pm":false}
{"t0":"12:00:00","p":"12:30:00","m":"11:00:00","h":12,"pm":false}
{"t0":"23:45:10","p":"00:15:10","m":"22:45:10","h":23,"pm":true}
{"t0":null,"p":null,"m":null,"h":null,"pm":null}
