--! reason: the left table ends before the first checkpoint, the right one goes on after the restore
--! file a.csv
1,one
--! file b.csv
1,10
2,20
1,11
3,30
1,12
1,13
--! sql
CREATE TABLE a (id INT, name STRING) WITH ('connector' = 'filesystem', 'path' = '${DIR}/a.csv', 'format' = 'csv');
CREATE TABLE b (id INT, v INT) WITH ('connector' = 'filesystem', 'path' = '${DIR}/b.csv', 'format' = 'csv');
SELECT b.id, b.v, a.name FROM b LEFT JOIN a ON a.id = b.id;
--! expect
{"id":1,"v":10,"name":"one"}
{"id":2,"v":20,"name":null}
{"id":1,"v":11,"name":"one"}
{"id":3,"v":30,"name":null}
{"id":1,"v":12,"name":"one"}
{"id":1,"v":13,"name":"one"}
