--! reason: TO_TIMESTAMP with a pattern; what does not match is NULL.
--! file input/t.csv
2024-02-29 12:34:56,yyyy-MM-dd HH:mm:ss
29/02/2024 01:02,dd/MM/yyyy HH:mm
20240229,yyyyMMdd
2024-02-29,yyyy-MM-dd
abc,yyyy
~,yyyy
2024-01-01 00:00:00.123,yyyy-MM-dd HH:mm:ss.SSS
--! sql
CREATE TABLE t (
  s STRING,
  p STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s, TO_TIMESTAMP(s) AS t, TO_TIMESTAMP(s, p) AS tp FROM t;
--! expect
{"s":"2024-01-01 00:00:00.123","t":"2024-01-01 00:00:00.123","tp":"2024-01-01 00:00:00.123"}
{"s":"2024-02-29 12:34:56","t":"2024-02-29 12:34:56.000","tp":"2024-02-29 12:34:56.000"}
{"s":"2024-02-29","t":"2024-02-29 00:00:00.000","tp":"2024-02-29 00:00:00.000"}
{"s":"20240229","t":null,"tp":"2024-02-29 00:00:00.000"}
{"s":"29/02/2024 01:02","t":null,"tp":"2024-02-29 01:02:00.000"}
{"s":"abc","t":null,"tp":null}
{"s":null,"t":null,"tp":null}
