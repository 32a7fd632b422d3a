--! reason: The words for true and false are read in any case, everything else gives NULL by TRY_CAST.
--! file input/t.csv
true
TRUE
t
T
yes
y
1
false
f
No
n
0
" true"
on
2
""
~
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT s, TRY_CAST(s AS BOOLEAN) AS b FROM t;
--! expect
{"s":" true","b":null}
{"s":"","b":null}
{"s":"0","b":false}
{"s":"1","b":true}
{"s":"2","b":null}
{"s":"No","b":false}
{"s":"T","b":true}
{"s":"TRUE","b":true}
{"s":"f","b":false}
{"s":"false","b":false}
{"s":"n","b":false}
{"s":"on","b":null}
{"s":"t","b":true}
{"s":"true","b":true}
{"s":"y","b":true}
{"s":"yes","b":true}
{"s":null,"b":null}
