--! reason: TIMESTAMP_LTZ is an instant: casts to TIMESTAMP, DATE and STRING show it in the zone of the session, with its daylight saving.
--! file input/t.csv
1704063600000,2024-01-01 00:00:00
1711846799000,2024-03-31 01:59:59
1711846800000,2024-03-31 03:00:00
1719792000123,2024-07-01 02:00:00.123
~,~
--! sql
SET 'table.local-time-zone' = 'Europe/Berlin';
CREATE TABLE t (
  ms BIGINT,
  ts TIMESTAMP(3),
  x AS TO_TIMESTAMP_LTZ(ms, 3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT ms, CAST(x AS STRING) AS s, CAST(x AS TIMESTAMP(3)) AS t, CAST(x AS DATE) AS d, EXTRACT(HOUR FROM x) AS h, CAST(CAST(ts AS TIMESTAMP_LTZ(3)) AS STRING) AS back FROM t;
--! expect
{"ms":1704063600000,"s":"2024-01-01 00:00:00.000","t":"2024-01-01 00:00:00.000","d":"2024-01-01","h":0,"back":"2024-01-01 00:00:00.000"}
{"ms":1711846799000,"s":"2024-03-31 01:59:59.000","t":"2024-03-31 01:59:59.000","d":"2024-03-31","h":1,"back":"2024-03-31 01:59:59.000"}
{"ms":1711846800000,"s":"2024-03-31 03:00:00.000","t":"2024-03-31 03:00:00.000","d":"2024-03-31","h":3,"back":"2024-03-31 03:00:00.000"}
{"ms":1719792000123,"s":"2024-07-01 02:00:00.123","t":"2024-07-01 02:00:00.123","d":"2024-07-01","h":2,"back":"2024-07-01 02:00:00.123"}
{"ms":null,"s":null,"t":null,"d":null,"h":null,"back":null}
