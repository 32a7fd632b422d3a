--! reason: scalar, datetime: to timestamp ltz
--! file input/t.csv
1,0
2,1709210096
3,-1
4,86400000
5,~
--! sql
CREATE TABLE t (
  id INT,
  n BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, TO_TIMESTAMP_LTZ(n, 0) AS s, TO_TIMESTAMP_LTZ(n, 3) AS ms, CAST(TO_TIMESTAMP_LTZ(n, 3) AS TIMESTAMP(3)) AS nt, CAST(TO_TIMESTAMP_LTZ(n, 3) AS STRING) AS st FROM t;
--! expect
{"id":1,"s":"1970-01-01 00:00:00.000","ms":"1970-01-01 00:00:00.000","nt":"1970-01-01 00:00:00.000","st":"1970-01-01 00:00:00.000"}
{"id":2,"s":"2024-02-29 12:34:56.000","ms":"1970-01-20 18:46:50.096","nt":"1970-01-20 18:46:50.096","st":"1970-01-20 18:46:50.096"}
{"id":3,"s":"1969-12-31 23:59:59.000","ms":"1969-12-31 23:59:59.999","nt":"1969-12-31 23:59:59.999","st":"1969-12-31 23:59:59.999"}
{"id":4,"s":"1972-09-27 00:00:00.000","ms":"1970-01-02 00:00:00.000","nt":"1970-01-02 00:00:00.000","st":"1970-01-02 00:00:00.000"}
{"id":5,"s":null,"ms":null,"nt":null,"st":null}
