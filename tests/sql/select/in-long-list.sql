--! reason: A long IN list is looked up in a set; the answer is that of the OR chain.
--! file input/t.csv
a,1
z,25
y,26
x,1000000000000
~,3
w,~
--! sql
CREATE TABLE t (
  s STRING,
  v BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s, v FROM t WHERE v IN (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,1000000000000) AND s NOT IN ('a','b','c','d','e','f','g','h','i','j','k','l','m','n','o','p','q','r','s','t','u','v');
--! expect
{"s":"x","v":1000000000000}
{"s":"z","v":25}
