--! reason: A Top-N over changes keeps all rows, so that the next one moves up when one goes.
--! file input/t.json
{"before":null,"after":{"id":1,"k":"a","v":10},"op":"c"}
{"before":null,"after":{"id":2,"k":"a","v":20},"op":"c"}
{"before":null,"after":{"id":3,"k":"a","v":30},"op":"c"}
{"before":{"id":3,"k":"a","v":30},"after":{"id":3,"k":"a","v":5},"op":"u"}
{"before":null,"after":{"id":4,"k":"b","v":1},"op":"c"}
{"before":{"id":2,"k":"a","v":20},"after":null,"op":"d"}
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
SELECT id, k, v FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM t
) WHERE rn = 1;
--! expect streaming
{"id":1,"k":"a","v":10}
{"id":4,"k":"b","v":1}
