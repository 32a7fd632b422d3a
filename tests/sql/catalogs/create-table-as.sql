--! reason: CREATE TABLE AS fills the table before the next statement reads it.
--! file input/t.csv
1,x
2,y
2,z
--! sql
CREATE TABLE t (id INT, s STRING) WITH ('connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv');
CREATE TABLE made (more INT, joined AS CONCAT(s, '!')) WITH ('connector' = 'filesystem', 'path' = '${DIR}/made', 'format' = 'json')
AS SELECT id, s FROM t WHERE id > 1;
SELECT * FROM made;
--! expect
{"more":null,"joined":"y!","id":2,"s":"y"}
{"more":null,"joined":"z!","id":2,"s":"z"}
