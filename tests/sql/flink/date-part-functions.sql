--! reason: scalar, datetime: date part functions
--! file input/t.csv
1,2024-02-29
2,2023-01-01
3,2020-12-31
4,1970-01-01
5,1900-03-01
6,9999-12-31
7,~
8,2021-01-03
--! sql
CREATE TABLE t (
  id INT,
  d DATE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, YEAR(d) AS y, QUARTER(d) AS q, MONTH(d) AS m, WEEK(d) AS w, DAYOFYEAR(d) AS dy, DAYOFMONTH(d) AS dm, DAYOFWEEK(d) AS dw FROM t;
--! expect
{"id":1,"y":2024,"q":1,"m":2,"w":9,"dy":60,"dm":29,"dw":5}
{"id":2,"y":2023,"q":1,"m":1,"w":52,"dy":1,"dm":1,"dw":1}
{"id":3,"y":2020,"q":4,"m":12,"w":53,"dy":366,"dm":31,"dw":5}
{"id":4,"y":1970,"q":1,"m":1,"w":1,"dy":1,"dm":1,"dw":5}
{"id":5,"y":1900,"q":1,"m":3,"w":9,"dy":60,"dm":1,"dw":5}
{"id":6,"y":9999,"q":4,"m":12,"w":52,"dy":365,"dm":31,"dw":6}
{"id":7,"y":null,"q":null,"m":null,"w":null,"dy":null,"dm":null,"dw":null}
{"id":8,"y":2021,"q":1,"m":1,"w":53,"dy":3,"dm":3,"dw":1}
