--! reason: A Top-N over counts, which only rise: rows that were pushed out come back by their own updates (UpdateFastStrategy).
--! file input/t.csv
a,1
a,2
a,3
a,1
b,7
a,2
a,2
a,3
a,3
a,3
a,4
b,8
b,8
a,4
a,4
a,4
a,4
--! sql
CREATE TABLE t (
  k STRING,
  id INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT k, id, c, rn FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY c DESC) AS rn
  FROM (SELECT k, id, COUNT(*) AS c FROM t GROUP BY k, id)
) WHERE rn <= 2;
--! expect
{"k":"a","id":4,"c":5,"rn":1}
{"k":"a","id":3,"c":4,"rn":2}
{"k":"b","id":8,"c":2,"rn":1}
{"k":"b","id":7,"c":1,"rn":2}
