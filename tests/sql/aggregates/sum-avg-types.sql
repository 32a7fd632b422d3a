--! reason: SUM keeps the type of an integer and widens a decimal; AVG keeps integers and gives decimals more places.
--! file input/t.csv
1,1,1,1,1.25,0.5
2,2,2,2,2.50,1.5
2,2,2,2,0.01,0.25
~,~,~,~,~,~
--! sql
CREATE TABLE t (
  a TINYINT,
  b SMALLINT,
  c INT,
  d BIGINT,
  e DECIMAL(10, 2),
  f FLOAT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT SUM(b) AS sb, SUM(c) AS sc, SUM(d) AS sd, SUM(e) AS se, SUM(f) AS sf, AVG(a) AS aa, AVG(c) AS ac, AVG(d) AS ad, AVG(e) AS ae, AVG(f) AS af FROM t;
--! types {"se": "DECIMAL(38, 2)", "ae": "DECIMAL(38, 6)"}
--! expect
{"sb":5,"sc":5,"sd":5,"se":"3.76","sf":2.25,"aa":1,"ac":1,"ad":1,"ae":"1.253333","af":0.75}
