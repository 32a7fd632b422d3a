--! reason: Joining arrays, dropping repeats, and least and greatest elements.
--! file input/t.json
{"id":1,"a":[1,2,1],"b":[3]}
{"id":2,"a":[],"b":[1]}
{"id":3,"a":[null,5,null],"b":[]}
{"id":4,"a":null,"b":[1]}
--! sql
CREATE TABLE t (
  id INT,
  a ARRAY<INT>,
  b ARRAY<INT>
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT id, ARRAY_CONCAT(a, b) AS c, ARRAY_DISTINCT(a) AS d, ARRAY_MAX(a) AS mx, ARRAY_MIN(a) AS mn, ARRAY_JOIN(CAST(a AS ARRAY<STRING>), '-') AS j, ARRAY_JOIN(CAST(a AS ARRAY<STRING>), '-', '?') AS jn FROM t;
--! expect
{"id":1,"c":[1,2,1,3],"d":[1,2],"mx":2,"mn":1,"j":"1-2-1","jn":"1-2-1"}
{"id":2,"c":[1],"d":[],"mx":null,"mn":null,"j":"","jn":""}
{"id":3,"c":[null,5,null],"d":[null,5],"mx":5,"mn":5,"j":"5","jn":"?-5-?"}
{"id":4,"c":null,"d":null,"mx":null,"mn":null,"j":null,"jn":null}
