--! reason: aggregate, join, retraction: update chain filter join agg
--! file input/acc.csv
1,10
1,20
2,5
1,-25
2,100
3,7
3,-7
4,1
--! file input/lim.csv
1,4
2,50
3,0
4,0
--! sql
CREATE TABLE acc (
  k INT,
  d INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/acc.csv',
  'format' = 'csv'
);
CREATE TABLE lim (
  k INT,
  mx INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/lim.csv',
  'format' = 'csv'
);
SELECT COUNT(*) AS over_limit, SUM(bal) AS total FROM (SELECT a.k, a.bal, l.mx FROM (SELECT k, SUM(d) AS bal FROM acc GROUP BY k) a JOIN lim l ON a.k = l.k) WHERE bal > mx;
--! expect
{"over_limit":3,"total":111}
