--! reason: The hint STATE_TTL says for a table of a join how long its rows are kept; rows that come at once are there.
--! file input/a.csv
1,10
2,20
--! file input/b.csv
1,p
3,q
--! sql
CREATE TABLE a (
  k INT,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/a.csv',
  'format' = 'csv'
);
CREATE TABLE b (
  k INT,
  w STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/b.csv',
  'format' = 'csv'
);
SELECT /*+ STATE_TTL('a' = '1 d', 'l' = '2 h') */ a.v, l.w FROM a LEFT JOIN b AS l ON a.k = l.k;
--! expect
{"v":10,"w":"p"}
{"v":20,"w":null}
