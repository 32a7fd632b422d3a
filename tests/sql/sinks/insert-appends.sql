--! reason: A second INSERT INTO adds files beside the first.
--! sql
CREATE TABLE out_t (
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
INSERT INTO out_t VALUES (1), (2);
INSERT INTO out_t VALUES (2), (3);
SELECT a FROM out_t;
--! expect
{"a":1}
{"a":2}
{"a":2}
{"a":3}
