--! reason: A URL begins with a protocol that Java knows.
--! sql
SELECT s, PARSE_URL(s, 'PROTOCOL') AS p, PARSE_URL(s, 'PATH') AS path, PARSE_URL(s, 'HOST') AS h FROM (VALUES ('12:34'), ('http://a.b/c'), ('HTTPS://a.b/c'), ('ftp://x/y'), ('file:/x/y'), ('foo://a/b'), ('x')) AS t(s);
--! expect
{"s":"12:34","p":null,"path":null,"h":null}
{"s":"HTTPS://a.b/c","p":"https","path":"/c","h":"a.b"}
{"s":"file:/x/y","p":"file","path":"/x/y","h":""}
{"s":"foo://a/b","p":null,"path":null,"h":null}
{"s":"ftp://x/y","p":"ftp","path":"/y","h":"x"}
{"s":"http://a.b/c","p":"http","path":"/c","h":"a.b"}
{"s":"x","p":null,"path":null,"h":null}
