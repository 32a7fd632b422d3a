--! reason: scalar, datetime, parse: to date
--! file input/t.csv
1|2024-02-29|20240229
2|2023-12-31|19700101
3|oops|19991231
4|2024-02-29|20000229
--! sql
CREATE TABLE t (
  id INT,
  s STRING,
  u STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.field-delimiter' = '|'
);
SELECT id, TO_DATE(s) AS a, TO_DATE(u, 'yyyyMMdd') AS b FROM t;
--! expect
{"id":1,"a":"2024-02-29","b":"2024-02-29"}
{"id":2,"a":"2023-12-31","b":"1970-01-01"}
{"id":3,"a":null,"b":"1999-12-31"}
{"id":4,"a":"2024-02-29","b":"2000-02-29"}
