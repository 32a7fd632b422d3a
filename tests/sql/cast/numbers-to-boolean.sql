--! reason: Any number but zero is TRUE.
--! types {"v": "DECIMAL(3, 2)"}
--! sql
SELECT v, CAST(d AS BOOLEAN) AS a, CAST(x AS BOOLEAN) AS b, TRY_CAST(f AS BOOLEAN) AS c FROM (SELECT v, CAST(v AS DECIMAL(5, 2)) AS d, CAST(v AS DOUBLE) AS x, CAST(v AS FLOAT) AS f FROM (VALUES (0.00), (0.40), (1.00), (-0.01), (2.50)) AS t(v));
--! expect
{"v":"-0.01","a":true,"b":true,"c":true}
{"v":"0.00","a":false,"b":false,"c":false}
{"v":"0.40","a":true,"b":true,"c":true}
{"v":"1.00","a":true,"b":true,"c":true}
{"v":"2.50","a":true,"b":true,"c":true}
