--! reason: Precision and scale of decimal results follow the rules of SQL.
--! file input/t.csv
10.25,3.0000,3
-1.00,0.3333,7
99999999.99,99.9999,-1
~,1,1
--! sql
CREATE TABLE t (
  a DECIMAL(10, 2),
  b DECIMAL(6, 4),
  i INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a + b AS s, a - b AS d, a * b AS m, a / b AS q, a % b AS r, a + i AS ai, a * i AS mi, a / i AS di, -a AS n FROM t;
--! types {"s": "DECIMAL(13, 4)", "d": "DECIMAL(13, 4)", "m": "DECIMAL(17, 6)", "q": "DECIMAL(21, 9)", "r": "DECIMAL(6, 4)", "ai": "DECIMAL(13, 2)", "mi": "DECIMAL(21, 2)", "di": "DECIMAL(21, 13)", "n": "DECIMAL(10, 2)"}
--! expect
{"s":"-0.6667","d":"-1.3333","m":"-0.333300","q":"-3.000300030","r":"-0.0001","ai":"6.00","mi":"-7.00","di":"-0.1428571428571","n":"1.00"}
{"s":"100000099.9899","d":"99999899.9901","m":"9999989999.000001","q":"1000000.999901000","r":"99.9900","ai":"99999998.99","mi":"-99999999.99","di":"-99999999.9900000000000","n":"-99999999.99"}
{"s":"13.2500","d":"7.2500","m":"30.750000","q":"3.416666667","r":"1.2500","ai":"13.25","mi":"30.75","di":"3.4166666666667","n":"-10.25"}
{"s":null,"d":null,"m":null,"q":null,"r":null,"ai":null,"mi":null,"di":null,"n":null}
