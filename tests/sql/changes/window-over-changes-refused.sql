--! reason: Windows are given once, so their rows may only be added: over changes they are refused by name.
--! sql
CREATE TABLE t (
  k STRING,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/t.json',
  'format' = 'debezium-json'
);
SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;
--! error streaming: WindowAggregate cannot take updates [I,UB,UA,D]
