--! reason: aggregate, json: json aggregates
--! file input/t.csv
a,x,1
b,z,~
a,y,2
--! sql
CREATE TABLE t (
  g STRING,
  k STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT g, JSON_OBJECTAGG(KEY k VALUE v) AS o, JSON_OBJECTAGG(KEY k VALUE v ABSENT ON NULL) AS oa FROM t GROUP BY g;
--! expect
{"g":"a","o":"{\"x\":1,\"y\":2}","oa":"{\"x\":1,\"y\":2}"}
{"g":"b","o":"{\"z\":null}","oa":"{}"}
