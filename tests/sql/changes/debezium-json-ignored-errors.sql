--! reason: With ignore-parse-errors broken events are dropped and bad values become NULL.
--! file input/t.json
{"before":null,"after":{"k":"a","v":"many"},"op":"c"}
{"before":null,"after":{"k":"b","v":1},"op":"x"}
{"before":null,"after":{"k":"b","v":1}}
{"before":null,"after":null,"op":"c"}
{"before":null,"after":{"k":"b",
{"before":null,"after":{"k":"c","v":2},"op":"c"}
--! sql
CREATE TABLE t (
  k STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'debezium-json',
  'debezium-json.ignore-parse-errors' = 'true'
);
SELECT k, v FROM t;
--! expect streaming
{"k":"a","v":null}
{"k":"c","v":2}
