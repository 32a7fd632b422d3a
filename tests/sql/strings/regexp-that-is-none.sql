--! reason: A row's text that is no regular expression matches nothing.
--! sql
SELECT s, r, REGEXP(s, r) AS a, REGEXP_EXTRACT(s, r) AS c, REGEXP_EXTRACT_ALL(s, r, 0) AS d, REGEXP_COUNT(s, r) AS e, REGEXP_INSTR(s, r) AS f, REGEXP_SUBSTR(s, r) AS g FROM (VALUES ('abc', '{}'), ('abc', '('), ('abc', 'b)'), ('abc', '[a'), ('abc', '*'), ('abc', 'b'), (CAST(NULL AS STRING), '('), ('abc', CAST(NULL AS STRING))) AS t(s, r);
--! expect
{"s":"abc","r":"(","a":false,"c":null,"d":null,"e":null,"f":null,"g":null}
{"s":"abc","r":"*","a":false,"c":null,"d":null,"e":null,"f":null,"g":null}
{"s":"abc","r":"[a","a":false,"c":null,"d":null,"e":null,"f":null,"g":null}
{"s":"abc","r":"b","a":true,"c":"b","d":["b"],"e":1,"f":2,"g":"b"}
{"s":"abc","r":"b)","a":false,"c":null,"d":null,"e":null,"f":null,"g":null}
{"s":"abc","r":"{}","a":false,"c":null,"d":null,"e":null,"f":null,"g":null}
{"s":"abc","r":null,"a":null,"c":null,"d":null,"e":null,"f":null,"g":null}
{"s":null,"r":"(","a":null,"c":null,"d":null,"e":null,"f":null,"g":null}
