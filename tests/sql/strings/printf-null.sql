--! reason: NULL is a word, cut and padded with blanks, whatever it should have been.
--! sql
SELECT PRINTF('%5s|%-8d|%08.3f|%+d|%x|%b|%c', s, n, x, n, n, b, n) AS r FROM (VALUES (CAST(NULL AS STRING), CAST(NULL AS INT), CAST(NULL AS DOUBLE), CAST(NULL AS BOOLEAN)), ('a', 7, 1.5E0, TRUE)) AS t(s, n, x, b);
--! expect
{"r":"    a|7       |0001.500|+7|7|true|\u0007"}
{"r":" null|null    |     nul|null|null|false|null"}
