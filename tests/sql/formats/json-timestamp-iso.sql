--! reason: ISO-8601 timestamps carry a T, and a Z for TIMESTAMP_LTZ.
--! file input/t.json
{"ts":"2024-02-29T12:34:56.789","l":"2024-02-29T12:34:56.789Z"}
{"ts":"2024-02-29T12:34:56","l":"1970-01-01T00:00:00Z"}
{"ts":null}
--! sql
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE t (
  ts TIMESTAMP(3),
  l TIMESTAMP_LTZ(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);
SELECT ts, CAST(l AS STRING) AS l FROM t;
--! expect
{"ts":"2024-02-29 12:34:56.000","l":"1970-01-01 00:00:00.000"}
{"ts":"2024-02-29 12:34:56.789","l":"2024-02-29 12:34:56.789"}
{"ts":null,"l":null}
