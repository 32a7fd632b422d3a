--! reason: Rows of the left side without a partner come once, with NULLs; a NULL key meets nobody.
--! file input/a.csv
1,x,10
2,y,20
2,y,21
3,z,30
~,n,40
5,,50
--! file input/b.csv
1,p
2,q
2,r
4,s
~,t
--! sql
CREATE TABLE a (
  k INT,
  n STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/a.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE b (
  k INT,
  w STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/b.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a.k, a.v, b.w FROM a LEFT JOIN b ON a.k = b.k;
--! expect
{"k":1,"v":10,"w":"p"}
{"k":2,"v":20,"w":"q"}
{"k":2,"v":20,"w":"r"}
{"k":2,"v":21,"w":"q"}
{"k":2,"v":21,"w":"r"}
{"k":3,"v":30,"w":null}
{"k":null,"v":40,"w":null}
{"k":5,"v":50,"w":null}
