--! reason: An update that does not say what it replaces fails the job, and the message tells where and why.
--! file input/t.json
{"before":null,"after":{"k":"a","v":1},"op":"c"}
{"before":null,"after":{"k":"a","v":5},"op":"u"}
--! sql
CREATE TABLE t (
  k STRING,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'debezium-json'
);
SELECT k, v FROM t;
--! error streaming: t.json:2: no change event: field `before` of the event is NULL; a PostgreSQL table needs REPLICA IDENTITY FULL
