--! reason: An outer join over inputs that change: what was padded with NULLs is taken back.
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
SELECT x.k, x.s, y.c FROM (SELECT k, SUM(v) AS s FROM a WHERE k IS NOT NULL GROUP BY k) x FULL JOIN (SELECT k, COUNT(*) AS c FROM b WHERE k IS NOT NULL GROUP BY k) y ON x.k = y.k;
--! expect
{"k":1,"s":10,"c":1}
{"k":2,"s":41,"c":2}
{"k":3,"s":30,"c":null}
{"k":5,"s":50,"c":null}
{"k":null,"s":null,"c":1}
