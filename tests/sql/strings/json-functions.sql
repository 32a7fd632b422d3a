--! reason: JSON made, taken apart, quoted and asked.
--! sql
SELECT JSON_EXISTS(j, '$.a[1].b') AS x, JSON_EXISTS(j, '$.z') AS nx, JSON_QUERY(j, '$.a') AS q, JSON_QUERY(j, '$.c' WITH WRAPPER) AS w, JSON_QUERY(j, 'lax $.z' EMPTY ARRAY ON EMPTY) AS qe,
  JSON_STRING(ARRAY[1, NULL]) AS s, JSON_OBJECT('b' VALUE 1, 'a' VALUE CAST(NULL AS INT)) AS o, JSON_OBJECT('b' VALUE 1, 'a' VALUE CAST(NULL AS INT) ABSENT ON NULL) AS oa,
  JSON_ARRAY(1, NULL, 'x') AS r, JSON_ARRAY(1, NULL NULL ON NULL) AS rn, JSON_OBJECT('n' VALUE JSON_ARRAY(1, 2)) AS nested, JSON_QUOTE('a"ß') AS qu, JSON_UNQUOTE('"a\u00df"') AS uq
FROM (VALUES ('{"a": [1, {"b": 2}], "c": 3}')) AS t(j);
--! expect
{"x":true,"nx":false,"q":"[1,{\"b\":2}]","w":"[3]","qe":"[]","s":"[1,null]","o":"{\"a\":null,\"b\":1}","oa":"{\"b\":1}","r":"[1,\"x\"]","rn":"[1,null]","nested":"{\"n\":[1,2]}","qu":"\"a\\\"\\u00df\"","uq":"aß"}
