--! reason: A compiled plan is executed without the tables that it was made from.
--! file input/t.csv
a,1
b,2
a,3
--! sql
CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv');
CREATE TABLE o (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '${DIR}/out', 'format' = 'json');
SET 'execution.runtime-mode' = 'streaming';
COMPILE PLAN '${DIR}/plan.json' IF NOT EXISTS FOR INSERT INTO o SELECT k, v * 10 FROM t WHERE v > 1;
DROP TABLE t;
EXECUTE PLAN '${DIR}/plan.json';
SELECT * FROM o;
--! expect streaming
{"k":"b","v":20}
{"k":"a","v":30}
