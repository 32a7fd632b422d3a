--! reason: An aggregate takes back what changes take back, and a group goes with its last row.
--! file input/t.json
{"before":null,"after":{"id":1,"k":"a","v":10},"op":"c"}
{"before":null,"after":{"id":2,"k":"a","v":20},"op":"c"}
{"before":null,"after":{"id":3,"k":"b","v":30},"op":"c"}
{"before":{"id":1,"k":"a","v":10},"after":{"id":1,"k":"c","v":11},"op":"u"}
{"before":{"id":3,"k":"b","v":30},"after":null,"op":"d"}
--! sql
CREATE TABLE t (
  id INT,
  k STRING,
  v INT,
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'debezium-json'
);
SELECT k, COUNT(*) AS n, MAX(v) AS most FROM t GROUP BY k;
--! expect streaming
{"k":"a","n":1,"most":20}
{"k":"c","n":1,"most":11}
