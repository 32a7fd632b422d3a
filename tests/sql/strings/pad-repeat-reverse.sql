--! reason: LPAD and RPAD cut when the string is too long; negative lengths give NULL, negative counts nothing.
--! file input/t.csv
hi,5
hello,3
hi,0
hi,-1
éà,3
~,3
hi,~
"",2
--! sql
CREATE TABLE t (
  s STRING,
  n INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s, n, LPAD(s, n, 'ab') AS l, RPAD(s, n, 'ab') AS r, REPEAT(s, n) AS rep, REVERSE(s) AS rev, `LEFT`(s, n) AS lf, `RIGHT`(s, n) AS rg FROM t;
--! expect
{"s":"","n":2,"l":"ab","r":"ab","rep":"","rev":"","lf":"","rg":""}
{"s":"hello","n":3,"l":"hel","r":"hel","rep":"hellohellohello","rev":"olleh","lf":"hel","rg":"llo"}
{"s":"hi","n":-1,"l":null,"r":null,"rep":"","rev":"ih","lf":"","rg":""}
{"s":"hi","n":0,"l":"","r":"","rep":"","rev":"ih","lf":"","rg":""}
{"s":"hi","n":5,"l":"abahi","r":"hiaba","rep":"hihihihihi","rev":"ih","lf":"hi","rg":"hi"}
{"s":"hi","n":null,"l":null,"r":null,"rep":null,"rev":"ih","lf":null,"rg":null}
{"s":"éà","n":3,"l":"aéà","r":"éàa","rep":"éàéàéà","rev":"àé","lf":"éà","rg":"éà"}
{"s":null,"n":3,"l":null,"r":null,"rep":null,"rev":null,"lf":null,"rg":null}
