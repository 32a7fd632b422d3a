--! reason: A SELECT without FROM gives one row in both modes.
--! sql
SELECT 1 + 1 AS two, UPPER('abc') AS u, CAST('2024-01-31' AS DATE) + INTERVAL '1' MONTH AS d;
--! expect
{"two":2,"u":"ABC","d":"2024-02-29"}
