--! reason: Entries that are empty at the end do not count, and no text has none.
--! sql
SELECT s, STR_TO_MAP(s) AS r, STR_TO_MAP(s, ',', '=') AS q FROM (VALUES (''), (','), ('a,,b'), ('k=v,'), (',x'), ('=v'), ('a=1=2'), ('a='), (',,'), ('a,'), (' ')) AS t(s);
--! expect
{"s":" ","r":{" ":null},"q":{" ":null}}
{"s":"","r":{},"q":{}}
{"s":",","r":{},"q":{}}
{"s":",,","r":{},"q":{}}
{"s":",x","r":{"":null,"x":null},"q":{"":null,"x":null}}
{"s":"=v","r":{"":"v"},"q":{"":"v"}}
{"s":"a,","r":{"a":null},"q":{"a":null}}
{"s":"a,,b","r":{"":null,"a":null,"b":null},"q":{"":null,"a":null,"b":null}}
{"s":"a=","r":{"a":""},"q":{"a":""}}
{"s":"a=1=2","r":{"a":"1=2"},"q":{"a":"1=2"}}
{"s":"k=v,","r":{"k":"v"},"q":{"k":"v"}}
