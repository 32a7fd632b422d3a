--! reason: Distances from a large mean are not lost in the squares of the values.
--! sql
SELECT g, ROUND(VAR_POP(v), 6) AS vp, ROUND(VAR_SAMP(v), 6) AS vs
FROM (SELECT g, CAST(v AS DOUBLE) AS v FROM (VALUES (1, 1000000001), (1, 1000000002), (1, 1000000003), (2, 2000000000), (2, 2000000000)) AS t(g, v)) GROUP BY g;
--! expect
{"g":1,"vp":0.666667,"vs":1.0}
{"g":2,"vp":0.0,"vs":0.0}
