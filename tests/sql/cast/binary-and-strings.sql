--! reason: Bytes and strings turn into each other by UTF-8.
--! file input/t.csv
abc
é
""
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
SELECT s, CAST(s AS BYTES) AS b, CAST(CAST(s AS BYTES) AS STRING) AS back, CAST(x'c3a9' AS STRING) AS lit FROM t;
--! expect
{"s":"","b":"","back":"","lit":"é"}
{"s":"abc","b":"YWJj","back":"abc","lit":"é"}
{"s":"é","b":"w6k=","back":"é","lit":"é"}
{"s":null,"b":null,"back":null,"lit":"é"}
