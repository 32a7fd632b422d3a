--! reason: MIN and MAX of strings, dates, times, timestamps, decimals and booleans.
--! file input/t.csv
b,2024-02-29,2024-02-29 00:00:00,-1.5,true,12:00:00
B,1969-12-31,1969-12-31 23:59:59.999,10,false,01:00:00
é,~,~,9.99,~,~
~,2024-03-01,2024-02-29 00:00:00.001,~,~,23:59:59
--! sql
CREATE TABLE t (
  s STRING,
  d DATE,
  ts TIMESTAMP(3),
  c DECIMAL(6, 2),
  b BOOLEAN,
  tm TIME
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT MIN(s) AS mns, MAX(s) AS mxs, MIN(d) AS mnd, MAX(d) AS mxd, MIN(ts) AS mnt, MAX(ts) AS mxt, MIN(c) AS mnc, MAX(c) AS mxc, MAX(b) AS mxb, MIN(tm) AS mtm FROM t;
--! types {"mnc": "DECIMAL(6, 2)", "mxc": "DECIMAL(6, 2)"}
--! expect
{"mns":"B","mxs":"é","mnd":"1969-12-31","mxd":"2024-03-01","mnt":"1969-12-31 23:59:59.999","mxt":"2024-02-29 00:00:00.001","mnc":"-1.50","mxc":"10.00","mxb":true,"mtm":"01:00:00"}
