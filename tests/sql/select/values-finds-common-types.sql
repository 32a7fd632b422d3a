--! reason: VALUES finds one type for each column from all its rows.
--! sql
SELECT a, b, c FROM (VALUES (1, 'x', CAST(NULL AS INT)), (2.5, 'longer', 3), (CAST(3 AS BIGINT), 'z', CAST(4 AS TINYINT))) AS v(a, b, c);
--! types {"a": "DECIMAL(20, 1) NOT NULL"}
--! expect
{"a":"1.0","b":"x","c":null}
{"a":"2.5","b":"longer","c":3}
{"a":"3.0","b":"z","c":4}
