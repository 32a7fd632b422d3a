--! reason: csv-format, parse-errors: csv ignore parse errors
--! file input/t.csv
1,x,1
abc,y,2
3,z,notnum
4,w,4
--! sql
CREATE TABLE t (
  a INT,
  s STRING,
  d DOUBLE
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.ignore-parse-errors' = 'true'
);
SELECT * FROM t;
--! expect
{"a":1,"s":"x","d":1.0}
{"a":3,"s":"z","d":null}
{"a":4,"s":"w","d":4.0}
{"a":null,"s":"y","d":2.0}
