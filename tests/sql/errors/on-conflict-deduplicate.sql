--! reason: What ON CONFLICT cannot do is refused by name.
--! sql
CREATE TABLE out_t (
  a INT
) WITH (
  'connector' = 'blackhole'
);
INSERT INTO out_t VALUES (1) ON CONFLICT DO DEDUPLICATE;
--! error: ON CONFLICT needs a PRIMARY KEY, which table 'out_t' has not
