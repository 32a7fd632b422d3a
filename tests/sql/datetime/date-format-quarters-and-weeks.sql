--! reason: Quarters have names, weeks begin on Sunday and the first is that of 1 January.
--! sql
SELECT ts, DATE_FORMAT(ts, 'Q QQ QQQ QQQQ') AS q, DATE_FORMAT(ts, 'w ww YYYY') AS w, DATE_FORMAT(ts, 'e ee c') AS d, DATE_FORMAT(ts, 'E EEEE EEEEE MMM MMMM MMMMM') AS n
FROM (VALUES (TIMESTAMP '2023-12-31 10:00:00'), (TIMESTAMP '2024-01-01 10:00:00'), (TIMESTAMP '2024-05-05 00:00:00'), (TIMESTAMP '2021-01-02 00:00:00'), (TIMESTAMP '2024-12-28 00:00:00'), (TIMESTAMP '2024-12-30 00:00:00'), (TIMESTAMP '2022-09-30 00:00:00')) AS t(ts);
--! expect
{"ts":"2021-01-02 00:00:00.000","q":"1 01 Q1 1st quarter","w":"1 01 2021","d":"7 07 7","n":"Sat Saturday S Jan January J"}
{"ts":"2022-09-30 00:00:00.000","q":"3 03 Q3 3rd quarter","w":"40 40 2022","d":"6 06 6","n":"Fri Friday F Sep September S"}
{"ts":"2023-12-31 10:00:00.000","q":"4 04 Q4 4th quarter","w":"1 01 2024","d":"1 01 1","n":"Sun Sunday S Dec December D"}
{"ts":"2024-01-01 10:00:00.000","q":"1 01 Q1 1st quarter","w":"1 01 2024","d":"2 02 2","n":"Mon Monday M Jan January J"}
{"ts":"2024-05-05 00:00:00.000","q":"2 02 Q2 2nd quarter","w":"19 19 2024","d":"1 01 1","n":"Sun Sunday S May May M"}
{"ts":"2024-12-28 00:00:00.000","q":"4 04 Q4 4th quarter","w":"52 52 2024","d":"7 07 7","n":"Sat Saturday S Dec December D"}
{"ts":"2024-12-30 00:00:00.000","q":"4 04 Q4 4th quarter","w":"1 01 2025","d":"2 02 2","n":"Mon Monday M Dec December D"}
