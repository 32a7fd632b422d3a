--! reason: A cast to a smaller scale rounds half up, to a smaller precision gives NULL when it does not fit.
--! file input/t.csv
1.2345
1.2350
-1.2350
0.5
1.5
-0.5
99999.9999
12345.6789
~
--! sql
CREATE TABLE t (
  c DECIMAL(10, 4)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT c, CAST(c AS DECIMAL(6, 2)) AS c2, CAST(c AS DECIMAL(5, 0)) AS c0, CAST(c AS INT) AS i, CAST(c AS DOUBLE) AS d, CAST(c AS BIGINT) AS l FROM t;
--! types {"c": "DECIMAL(10, 4)", "c2": "DECIMAL(6, 2)", "c0": "DECIMAL(5, 0)"}
--! expect
{"c":"-0.5000","c2":"-0.50","c0":"-1","i":0,"d":-0.5,"l":0}
{"c":"-1.2350","c2":"-1.24","c0":"-1","i":-1,"d":-1.235,"l":-1}
{"c":"0.5000","c2":"0.50","c0":"1","i":0,"d":0.5,"l":0}
{"c":"1.2345","c2":"1.23","c0":"1","i":1,"d":1.2345,"l":1}
{"c":"1.2350","c2":"1.24","c0":"1","i":1,"d":1.235,"l":1}
{"c":"1.5000","c2":"1.50","c0":"2","i":1,"d":1.5,"l":1}
{"c":"12345.6789","c2":null,"c0":"12346","i":12345,"d":12345.6789,"l":12345}
{"c":"99999.9999","c2":null,"c0":null,"i":99999,"d":99999.9999,"l":99999}
{"c":null,"c2":null,"c0":null,"i":null,"d":null,"l":null}
