--! reason: FLOOR and CEIL of timestamps and dates to each unit.
--! file input/t.csv
2024-05-15 13:45:30.500
2024-01-01 00:00:00
2023-12-31 23:59:59.999
~
--! sql
CREATE TABLE t (
  ts TIMESTAMP(3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT FLOOR(ts TO SECOND) AS fs, FLOOR(ts TO MINUTE) AS fm, FLOOR(ts TO HOUR) AS fh, FLOOR(ts TO DAY) AS fd, FLOOR(ts TO MONTH) AS fmo, FLOOR(ts TO QUARTER) AS fq, FLOOR(ts TO YEAR) AS fy, CEIL(ts TO MINUTE) AS cm, CEIL(ts TO HOUR) AS ch, CEIL(ts TO DAY) AS cd, CEIL(ts TO MONTH) AS cmo, CEIL(ts TO YEAR) AS cy FROM t;
--! expect
{"fs":"2023-12-31 23:59:59.000","fm":"2023-12-31 23:59:00.000","fh":"2023-12-31 23:00:00.000","fd":"2023-12-31 00:00:00.000","fmo":"2023-12-01 00:00:00.000","fq":"2023-10-01 00:00:00.000","fy":"2023-01-01 00:00:00.000","cm":"2024-01-01 00:00:00.000","ch":"2024-01-01 00:00:00.000","cd":"2024-01-01 00:00:00.000","cmo":"2024-01-01 00:00:00.000","cy":"2024-01-01 00:00:00.000"}
{"fs":"2024-01-01 00:00:00.000","fm":"2024-01-01 00:00:00.000","fh":"2024-01-01 00:00:00.000","fd":"2024-01-01 00:00:00.000","fmo":"2024-01-01 00:00:00.000","fq":"2024-01-01 00:00:00.000","fy":"2024-01-01 00:00:00.000","cm":"2024-01-01 00:00:00.000","ch":"2024-01-01 00:00:00.000","cd":"2024-01-01 00:00:00.000","cmo":"2024-01-01 00:00:00.000","cy":"2024-01-01 00:00:00.000"}
{"fs":"2024-05-15 13:45:30.000","fm":"2024-05-15 13:45:00.000","fh":"2024-05-15 13:00:00.000","fd":"2024-05-15 00:00:00.000","fmo":"2024-05-01 00:00:00.000","fq":"2024-04-01 00:00:00.000","fy":"2024-01-01 00:00:00.000","cm":"2024-05-15 13:46:00.000","ch":"2024-05-15 14:00:00.000","cd":"2024-05-16 00:00:00.000","cmo":"2024-06-01 00:00:00.000","cy":"2025-01-01 00:00:00.000"}
{"fs":null,"fm":null,"fh":null,"fd":null,"fmo":null,"fq":null,"fy":null,"cm":null,"ch":null,"cd":null,"cmo":null,"cy":null}
