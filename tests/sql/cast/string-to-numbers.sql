--! reason: Numbers are read from strings with blanks around them; integers may carry a fraction that is cut off.
--! file input/t.csv
12
" 12 "
3.7
-3.7
+5
1e3
300
99999.999
""
abc
-
9223372036854775808
~
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s, TRY_CAST(s AS INT) AS i, TRY_CAST(s AS TINYINT) AS t, TRY_CAST(s AS BIGINT) AS l, TRY_CAST(s AS DOUBLE) AS d, TRY_CAST(s AS DECIMAL(6, 2)) AS c FROM t;
--! types {"c": "DECIMAL(6, 2)"}
--! expect
{"s":" 12 ","i":12,"t":12,"l":12,"d":12.0,"c":"12.00"}
{"s":"","i":null,"t":null,"l":null,"d":null,"c":null}
{"s":"+5","i":5,"t":5,"l":5,"d":5.0,"c":"5.00"}
{"s":"-","i":null,"t":null,"l":null,"d":null,"c":null}
{"s":"-3.7","i":-3,"t":-3,"l":-3,"d":-3.7,"c":"-3.70"}
{"s":"12","i":12,"t":12,"l":12,"d":12.0,"c":"12.00"}
{"s":"1e3","i":null,"t":null,"l":null,"d":1000.0,"c":"1000.00"}
{"s":"3.7","i":3,"t":3,"l":3,"d":3.7,"c":"3.70"}
{"s":"300","i":300,"t":null,"l":300,"d":300.0,"c":"300.00"}
{"s":"9223372036854775808","i":null,"t":null,"l":null,"d":9.223372036854776E18,"c":null}
{"s":"99999.999","i":99999,"t":null,"l":99999,"d":99999.999,"c":null}
{"s":"abc","i":null,"t":null,"l":null,"d":null,"c":null}
{"s":null,"i":null,"t":null,"l":null,"d":null,"c":null}
