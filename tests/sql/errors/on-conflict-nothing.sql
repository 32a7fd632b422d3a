--! reason: What ON CONFLICT cannot do is refused by name.
--! sql
CREATE TABLE out_t (
  a INT,
  PRIMARY KEY (a) NOT ENFORCED
) WITH (
  'connector' = 'blackhole'
);
INSERT INTO out_t VALUES (1) ON CONFLICT DO NOTHING;
--! error: ON CONFLICT DO NOTHING
