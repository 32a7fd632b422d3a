--! reason: ON CONFLICT DO DEDUPLICATE says what happens anyway: the last row of a PRIMARY KEY counts.
--! file input/t.csv
1,a
2,b
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
CREATE TABLE out_t (
  a INT,
  s STRING,
  PRIMARY KEY (a) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'csv'
);
INSERT INTO out_t SELECT a, s FROM t ON CONFLICT DO DEDUPLICATE;
SELECT * FROM out_t;
--! expect
{"a":1,"s":"a"}
{"a":2,"s":"b"}
