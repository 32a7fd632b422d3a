--! reason: In ON of a LEFT JOIN what is asked of the right side only is settled before.
--! file input/a.csv
1,x,10
2,y,20
2,y,21
3,z,30
~,n,40
5,~,50
--! file input/b.csv
1,5
1,15
2,20
4,1
~,7
3,~
--! file input/c.csv
1,12
2,25
2,~
3,31
~,40
5,50
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
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/b.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE c (
  k INT,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/c.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT a.v, b.v AS w FROM a LEFT JOIN b ON a.k = b.k AND b.k IN (SELECT c.k FROM c WHERE c.v > 20);
--! expect
{"v":10,"w":null}
{"v":20,"w":20}
{"v":21,"w":20}
{"v":30,"w":null}
{"v":40,"w":null}
{"v":50,"w":null}
