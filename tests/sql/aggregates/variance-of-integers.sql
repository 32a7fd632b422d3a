--! reason: The variance of integers is computed exactly and cut at the very end, whatever the order of rows.
--! sql
SELECT g, STDDEV_SAMP(v) AS ss, VAR_SAMP(v) AS vs, VAR_POP(v) AS vp, STDDEV_POP(v) AS sp, VAR_POP(CAST(v AS TINYINT)) AS narrow,
  VAR_SAMP(CAST(v AS BIGINT) * 1000007) AS wide
FROM (VALUES (1, 0), (1, 1), (2, 1), (2, 2), (2, 4), (3, -5), (3, 7), (3, 8), (3, 8), (4, 100), (4, 101), (4, 5),
  (5, 1), (5, 2), (5, 3), (5, 4), (5, 5), (5, 6), (6, 100000), (6, 100001), (6, 5)) AS t(g, v) GROUP BY g;
--! expect
{"g":1,"ss":0,"vs":0,"vp":0,"sp":0,"narrow":0,"wide":500007000024}
{"g":2,"ss":1,"vs":2,"vp":1,"sp":1,"narrow":1,"wide":2333366000114}
{"g":3,"ss":6,"vs":40,"vp":30,"sp":5,"narrow":30,"wide":40333898001976}
{"g":4,"ss":55,"vs":3040,"vp":2026,"sp":45,"narrow":-22,"wide":3040375898148976}
{"g":5,"ss":1,"vs":3,"vp":2,"sp":1,"narrow":2,"wide":3500049000171}
{"g":6,"ss":57732,"vs":2147483647,"vp":2147483647,"sp":47138,"narrow":-60,"wide":9223372036854775807}
