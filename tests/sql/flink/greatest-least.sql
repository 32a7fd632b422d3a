--! reason: scalar, conditional, null: greatest least
--! file input/t.csv
1,1,2,3,a,b
2,-1,-2,-3,B,a
3,~,2,3,~,x
4,5,5,5,same,same
5,1,2,~,zz,z
--! sql
CREATE TABLE t (
  id INT,
  a INT,
  b INT,
  c INT,
  s STRING,
  u STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, GREATEST(a, b, c) AS g, LEAST(a, b, c) AS l, GREATEST(s, u) AS gs, LEAST(s, u) AS ls FROM t;
--! expect
{"id":1,"g":3,"l":1,"gs":"b","ls":"a"}
{"id":2,"g":-1,"l":-3,"gs":"a","ls":"B"}
{"id":3,"g":null,"l":null,"gs":null,"ls":null}
{"id":4,"g":5,"l":5,"gs":"same","ls":"same"}
{"id":5,"g":null,"l":null,"gs":"zz","ls":"z"}
