--! reason: scalar, cast, collections: cast collections to string
--! file input/t.csv
1,x
2,y z
--! sql
CREATE TABLE t (
  id INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT id, CAST(ARRAY[id, id + 1] AS STRING) AS a, CAST(MAP[s, id] AS STRING) AS m, CAST(ROW(id, s) AS STRING) AS r, CAST(ARRAY[s, CAST(NULL AS STRING)] AS STRING) AS an FROM t;
--! expect
{"id":1,"a":"[1, 2]","m":"{x=1}","r":"(1, x)","an":"[x, NULL]"}
{"id":2,"a":"[2, 3]","m":"{y z=2}","r":"(2, y z)","an":"[y z, NULL]"}
