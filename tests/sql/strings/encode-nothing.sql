--! reason: No text has no bytes, not even a mark of their order.
--! sql
SELECT s, ENCODE(s, 'UTF-16') AS a, ENCODE(s, 'UTF-8') AS b FROM (VALUES (''), ('a')) AS t(s);
--! expect
{"s":"","a":"","b":""}
{"s":"a","a":"/v8AYQ==","b":"YQ=="}
