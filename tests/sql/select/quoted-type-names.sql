--! reason: Names of types and literals serve as columns when they are quoted.
--! file input/t.csv
2024-01-01,01:02:03,1,2024-01-01 00:00:00
2024-01-02,01:02:03,0,2024-01-01 00:00:00
--! sql
CREATE TABLE t (
  `date` DATE,
  `time` TIME,
  `value` INT,
  `timestamp` TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT `date`, `time`, `value`, `timestamp` FROM t WHERE `value` > 0;
--! expect
{"date":"2024-01-01","time":"01:02:03","value":1,"timestamp":"2024-01-01 00:00:00.000"}
