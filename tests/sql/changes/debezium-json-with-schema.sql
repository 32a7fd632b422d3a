--! reason: With schema-include the event stands under `payload`; its schema is skipped.
--! file input/t.json
{"schema":{"type":"struct","fields":[{"field":"before"}]},"payload":{"before":null,"after":{"k":"a","v":1},"op":"c"}}
{"schema":{"type":"struct"},"payload":{"before":{"k":"a","v":1},"after":{"k":"a","v":5},"op":"u"}}
--! sql
CREATE TABLE t (
  k STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'debezium-json',
  'debezium-json.schema-include' = 'true'
);
SELECT k, v FROM t;
--! expect streaming
{"k":"a","v":5}
