--! reason: INSERT of VALUES, cast to the types of the table.
--! sql
CREATE TABLE out_t (
  a BIGINT,
  d DECIMAL(5, 2),
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
INSERT INTO out_t VALUES (1, 1.5, 'x'), (2, 2, CAST(NULL AS STRING));
SELECT * FROM out_t;
--! types {"d": "DECIMAL(5, 2)"}
--! expect
{"a":1,"d":"1.50","s":"x"}
{"a":2,"d":"2.00","s":null}
