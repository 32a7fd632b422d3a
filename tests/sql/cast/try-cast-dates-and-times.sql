--! reason: Strings that are no date or time become NULL by TRY_CAST.
--! file input/t.csv
2024-02-29
2023-02-29
2024-2-9
12:34:56
2024-01-01 10:00:00
2024-01-01T10:00:00
2024-01-01 25:00:00
nonsense
""
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
SELECT s, TRY_CAST(s AS DATE) AS d, TRY_CAST(s AS TIME) AS t, TRY_CAST(s AS TIMESTAMP(3)) AS ts FROM t;
--! expect
{"s":"","d":null,"t":null,"ts":null}
{"s":"12:34:56","d":null,"t":"12:34:56","ts":null}
{"s":"2023-02-29","d":null,"t":null,"ts":"2023-02-28 00:00:00.000"}
{"s":"2024-01-01 10:00:00","d":"2024-01-01","t":null,"ts":"2024-01-01 10:00:00.000"}
{"s":"2024-01-01 25:00:00","d":"2024-01-01","t":null,"ts":null}
{"s":"2024-01-01T10:00:00","d":null,"t":null,"ts":null}
{"s":"2024-02-29","d":"2024-02-29","t":null,"ts":"2024-02-29 00:00:00.000"}
{"s":"2024-2-9","d":"2024-02-09","t":null,"ts":"2024-02-09 00:00:00.000"}
{"s":"nonsense","d":null,"t":null,"ts":null}
{"s":null,"d":null,"t":null,"ts":null}
