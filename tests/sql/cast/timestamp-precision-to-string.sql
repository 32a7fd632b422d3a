--! reason: A timestamp as a string shows all digits of its precision.
--! file input/t.csv
2024-02-29 12:34:56.789123
2024-02-29 12:34:56
2024-02-29
~
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s, CAST(CAST(s AS TIMESTAMP(0)) AS STRING) AS t0, CAST(CAST(s AS TIMESTAMP(3)) AS STRING) AS t3, CAST(CAST(s AS TIMESTAMP(6)) AS STRING) AS t6 FROM t;
--! expect
{"s":"2024-02-29 12:34:56","t0":"2024-02-29 12:34:56","t3":"2024-02-29 12:34:56.000","t6":"2024-02-29 12:34:56.000000"}
{"s":"2024-02-29 12:34:56.789123","t0":"2024-02-29 12:34:56","t3":"2024-02-29 12:34:56.789","t6":"2024-02-29 12:34:56.789123"}
{"s":"2024-02-29","t0":"2024-02-29 00:00:00","t3":"2024-02-29 00:00:00.000","t6":"2024-02-29 00:00:00.000000"}
{"s":null,"t0":null,"t3":null,"t6":null}
