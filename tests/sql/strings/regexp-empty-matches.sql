--! reason: Behind a match an empty one may follow at once, as Java finds them.
--! sql
SELECT s, r, REGEXP_COUNT(s, r) AS n, REGEXP_REPLACE(s, r, '-') AS replaced, REGEXP_EXTRACT_ALL(s, r, 0) AS extracted FROM (VALUES ('banana', 'a*'), ('baac', 'a*'), ('aab', 'a*?'), ('abc', 'x*'), ('', 'a*'), ('aXb', '[a-z]*'), ('ab cd', '\b'), ('abc', '$'), ('abc', 'b|'), ('éaé', 'a*')) AS t(s, r);
--! expect
{"s":"","r":"a*","n":1,"replaced":"-","extracted":[""]}
{"s":"aXb","r":"[a-z]*","n":4,"replaced":"--X--","extracted":["a","","b",""]}
{"s":"aab","r":"a*?","n":4,"replaced":"-a-a-b-","extracted":["","","",""]}
{"s":"ab cd","r":"\\b","n":4,"replaced":"-ab- -cd-","extracted":["","","",""]}
{"s":"abc","r":"$","n":1,"replaced":"abc-","extracted":[""]}
{"s":"abc","r":"b|","n":4,"replaced":"-a--c-","extracted":["","b","",""]}
{"s":"abc","r":"x*","n":4,"replaced":"-a-b-c-","extracted":["","","",""]}
{"s":"baac","r":"a*","n":4,"replaced":"-b--c-","extracted":["","aa","",""]}
{"s":"banana","r":"a*","n":7,"replaced":"-b--n--n--","extracted":["","a","","a","","a",""]}
{"s":"éaé","r":"a*","n":4,"replaced":"-é--é-","extracted":["","a","",""]}
