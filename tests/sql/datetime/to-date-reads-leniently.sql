--! reason: TO_DATE by a pattern takes days and months of one digit, carries days over and ignores what follows.
--! sql
SELECT s, TO_DATE(s, 'yyyy-MM-dd') AS r FROM (VALUES ('2024-02-29'), ('2024-2-9'), ('2023-02-29'), ('2024-02-29 12:34:56'), ('2024-02-29T12'), (CAST(NULL AS STRING))) AS t(s);
--! expect
{"s":"2023-02-29","r":"2023-03-01"}
{"s":"2024-02-29 12:34:56","r":"2024-02-29"}
{"s":"2024-02-29","r":"2024-02-29"}
{"s":"2024-02-29T12","r":"2024-02-29"}
{"s":"2024-2-9","r":"2024-02-09"}
{"s":null,"r":null}
