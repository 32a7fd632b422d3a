--! reason: scalar, string: position instr locate
--! file input/t.csv
1,banana,an
2,banana,xyz
3,banana,""
4,"",a
5,~,a
6,ééa,a
--! sql
CREATE TABLE t (
  id INT,
  s STRING,
  u STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, POSITION(u IN s) AS p, INSTR(s, u) AS i, LOCATE(u, s) AS l, LOCATE(u, s, 3) AS l3 FROM t;
--! expect
{"id":1,"p":2,"i":2,"l":2,"l3":4}
{"id":2,"p":0,"i":0,"l":0,"l3":0}
{"id":3,"p":1,"i":1,"l":1,"l3":1}
{"id":4,"p":0,"i":0,"l":0,"l3":0}
{"id":5,"p":null,"i":null,"l":null,"l3":null}
{"id":6,"p":3,"i":3,"l":3,"l3":3}
