--! reason: A FLOAT becomes a DECIMAL by way of the DOUBLE that it is.
--! types {"v": "DECIMAL(4, 3)", "a": "DECIMAL(20, 12)", "b": "DECIMAL(5, 2)"}
--! sql
SELECT v, CAST(f AS DECIMAL(20, 12)) AS a, CAST(f AS DECIMAL(5, 2)) AS b, CAST(f AS DOUBLE) AS c, CAST(f AS STRING) AS e FROM (SELECT v, CAST(v AS FLOAT) AS f FROM (VALUES (0.100), (0.005), (1.115), (2.675)) AS t(v));
--! expect
{"v":"0.005","a":"0.004999999888","b":"0.00","c":0.004999999888241291,"e":"0.005"}
{"v":"0.100","a":"0.100000001490","b":"0.10","c":0.10000000149011612,"e":"0.1"}
{"v":"1.115","a":"1.115000009537","b":"1.12","c":1.1150000095367432,"e":"1.115"}
{"v":"2.675","a":"2.674999952316","b":"2.67","c":2.674999952316284,"e":"2.675"}
