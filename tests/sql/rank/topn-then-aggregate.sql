--! reason: Flink's answer to topn-then-aggregate.
--! file input/s.csv
y,f,51
x,h,50
x,a,58
x,b,24
y,d,25
x,d,1
x,g,18
x,g,11
x,c,40
y,c,9
x,a,14
x,c,56
x,e,21
x,d,12
x,g,20
x,f,27
x,c,17
x,f,20
x,f,5
y,f,53
y,h,45
y,c,31
y,c,4
y,a,48
y,g,2
y,f,25
x,h,3
x,d,8
x,h,23
y,e,50
y,b,38
y,e,3
y,b,14
y,f,59
x,f,18
x,e,44
y,e,12
x,c,47
y,h,11
x,b,39
y,a,16
y,e,30
y,c,4
x,h,22
x,c,47
x,g,7
x,g,24
x,a,55
y,e,10
y,c,34
y,h,45
y,h,18
y,h,26
x,b,25
x,h,56
y,c,6
y,e,33
y,b,51
y,a,49
y,f,36
y,h,17
y,f,42
x,a,31
y,f,43
y,h,19
y,f,18
y,g,23
x,h,24
y,c,34
x,d,54
y,h,19
x,g,11
y,e,40
y,a,13
x,h,40
x,d,49
x,a,31
x,c,4
x,b,21
x,h,13
x,g,30
y,g,43
x,d,16
y,a,23
y,e,55
y,b,45
y,a,36
y,b,19
y,e,23
x,g,27
y,h,10
x,g,37
y,d,9
x,f,53
x,g,7
y,c,21
y,g,28
x,h,19
y,g,25
x,e,48
y,h,17
y,a,21
y,h,60
y,c,31
x,b,43
y,d,19
x,c,53
y,a,31
y,d,60
y,a,16
y,e,55
x,e,19
y,h,34
x,a,49
x,e,19
y,e,47
x,h,23
y,c,3
x,e,36
y,b,57
--! sql
CREATE TABLE s (
  cat STRING,
  item STRING,
  q INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/s.csv',
  'format' = 'csv'
);
SELECT cat, SUM(s) AS top_sum, COUNT(*) AS n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cat ORDER BY s DESC, item) AS rn FROM (SELECT cat, item, SUM(q) AS s FROM s GROUP BY cat, item)) WHERE rn <= 3 GROUP BY cat;
--! expect
{"cat":"x","top_sum":775,"n":3}
{"cat":"y","top_sum":1006,"n":3}
