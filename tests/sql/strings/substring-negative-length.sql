--! reason: A negative length gives NULL, zero and places outside the text give no text.
--! sql
SELECT n, m, SUBSTRING('hello', n, m) AS r FROM (VALUES (2, 0), (2, -1), (-10, 3), (10, 1), (0, 0), (-2, 5), (-5, 2), (-10, -1), (10, -1)) AS t(n, m);
--! expect
{"n":-10,"m":-1,"r":null}
{"n":-10,"m":3,"r":""}
{"n":-2,"m":5,"r":"lo"}
{"n":-5,"m":2,"r":"he"}
{"n":0,"m":0,"r":""}
{"n":10,"m":-1,"r":null}
{"n":10,"m":1,"r":""}
{"n":2,"m":-1,"r":null}
{"n":2,"m":0,"r":""}
