--! reason: Each literal gives its value and type.
--! sql
SELECT 1 AS i, 3000000000 AS big, 1.50 AS dec_, 1.5e0 AS dbl, -7 AS neg, 'it''s' AS str, TRUE AS b, DATE '2024-02-29' AS d, TIME '12:34:56' AS tm, TIMESTAMP '2024-02-29 12:34:56.789' AS ts, x'0aff' AS bin, CAST(NULL AS INT) AS nul;
--! types {"dec_": "DECIMAL(3, 2) NOT NULL"}
--! expect
{"i":1,"big":3000000000,"dec_":"1.50","dbl":1.5,"neg":-7,"str":"it's","b":true,"d":"2024-02-29","tm":"12:34:56","ts":"2024-02-29 12:34:56.789","bin":"Cv8=","nul":null}
