--! reason: With table.exec.source.cdc-events-duplicate events that come twice count once: the last row of each PRIMARY KEY is kept.
--! set table.exec.source.cdc-events-duplicate = true
--! file input/t.json
{"before":null,"after":{"id":1,"k":"a","v":10},"op":"c"}
{"before":null,"after":{"id":1,"k":"a","v":10},"op":"c"}
{"before":null,"after":{"id":2,"k":"a","v":20},"op":"c"}
{"before":{"id":1,"k":"a","v":10},"after":{"id":1,"k":"a","v":11},"op":"u"}
{"before":null,"after":{"id":2,"k":"a","v":20},"op":"c"}
{"before":{"id":1,"k":"a","v":10},"after":{"id":1,"k":"a","v":11},"op":"u"}
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
SELECT k, COUNT(*) AS n, SUM(v) AS total FROM t GROUP BY k;
--! expect streaming
{"k":"a","n":2,"total":31}
