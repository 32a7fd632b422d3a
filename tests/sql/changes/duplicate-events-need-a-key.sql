--! reason: Without a PRIMARY KEY nothing tells which events are the same.
--! set table.exec.source.cdc-events-duplicate = true
--! sql
CREATE TABLE t (
  id INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/t.json',
  'format' = 'debezium-json'
);
SELECT id FROM t;
--! error streaming: requires sources of changes to have a PRIMARY KEY, which table 't' has not
