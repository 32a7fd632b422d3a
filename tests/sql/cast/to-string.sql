--! reason: Each type has one spelling as a string.
--! file input/t.csv
1,-2,0.1,1.5,1.5,true,2024-02-29,01:02:03,2024-02-29 01:02:03.004
0,9223372036854775807,1e21,1e-5,-0.001,false,0001-01-01,00:00:00,1970-01-01 00:00:00
-1,0,100,16777216,12345.678,~,~,~,~
--! sql
CREATE TABLE t (
  i INT,
  l BIGINT,
  d DOUBLE,
  f FLOAT,
  c DECIMAL(8, 3),
  b BOOLEAN,
  dt DATE,
  tm TIME,
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT CAST(i AS STRING) AS i, CAST(l AS STRING) AS l, CAST(d AS STRING) AS d, CAST(f AS STRING) AS f, CAST(c AS STRING) AS c, CAST(b AS STRING) AS b, CAST(dt AS STRING) AS dt, CAST(tm AS STRING) AS tm, CAST(ts AS STRING) AS ts FROM t;
--! expect
{"i":"-1","l":"0","d":"100.0","f":"1.6777216E7","c":"12345.678","b":null,"dt":null,"tm":null,"ts":null}
{"i":"0","l":"9223372036854775807","d":"1.0E21","f":"1.0E-5","c":"-0.001","b":"FALSE","dt":"0001-01-01","tm":"00:00:00","ts":"1970-01-01 00:00:00.000"}
{"i":"1","l":"-2","d":"0.1","f":"1.5","c":"1.500","b":"TRUE","dt":"2024-02-29","tm":"01:02:03","ts":"2024-02-29 01:02:03.004"}
