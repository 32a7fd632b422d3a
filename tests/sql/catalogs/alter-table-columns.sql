--! reason: Columns that ALTER TABLE adds, drops and renames are those that the source reads.
--! file input/t.json
{"id":1,"a":"x","b":2}
{"id":2,"a":"y","b":3}
--! sql
CREATE TABLE t (id INT, nope STRING) WITH ('connector' = 'filesystem', 'path' = '${DIR}/input/t.json', 'format' = 'json');
ALTER TABLE t DROP nope;
ALTER TABLE t ADD (a STRING, b INT FIRST, twice AS b * 2 AFTER b);
ALTER TABLE t MODIFY id BIGINT;
SELECT * FROM t;
--! expect
{"b":2,"twice":4,"id":1,"a":"x"}
{"b":3,"twice":6,"id":2,"a":"y"}
