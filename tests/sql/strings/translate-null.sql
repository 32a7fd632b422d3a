--! reason: Of what TRANSLATE replaces and what it puts in its place, NULL is as good as nothing.
--! sql
SELECT s, f, o, TRANSLATE(s, f, o) AS r FROM (VALUES ('abc', CAST(NULL AS STRING), 'x'), ('abc', 'ab', CAST(NULL AS STRING)), ('abc', '', 'x'), ('abc', 'ab', ''), ('abc', 'aab', 'xyz'), (CAST(NULL AS STRING), 'a', 'b')) AS t(s, f, o);
--! expect
{"s":"abc","f":"","o":"x","r":"abc"}
{"s":"abc","f":"aab","o":"xyz","r":"xzc"}
{"s":"abc","f":"ab","o":"","r":"c"}
{"s":"abc","f":"ab","o":null,"r":"c"}
{"s":"abc","f":null,"o":"x","r":"abc"}
{"s":null,"f":"a","o":"b","r":null}
