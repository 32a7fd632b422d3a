--! reason: USING merges the key: of a FULL JOIN it is the key of whichever side has the row, and comes first.
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
SELECT * FROM a FULL JOIN b USING (k);
--! expect
{"k":1,"n":"x","v":10,"w":"p"}
{"k":2,"n":"y","v":20,"w":"q"}
{"k":2,"n":"y","v":20,"w":"r"}
{"k":2,"n":"y","v":21,"w":"q"}
{"k":2,"n":"y","v":21,"w":"r"}
{"k":3,"n":"z","v":30,"w":null}
{"k":null,"n":"n","v":40,"w":null}
{"k":5,"n":"","v":50,"w":null}
{"k":4,"n":null,"v":null,"w":"s"}
{"k":null,"n":null,"v":null,"w":"t"}
