--! reason: TRIM takes a side and a set; LTRIM, RTRIM and BTRIM take characters, not a prefix.
--! file input/t.csv
"  a  "
xxaxx
xyxa
""
~
xxx
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT TRIM(s) AS t, TRIM(LEADING 'x' FROM s) AS l, TRIM(TRAILING 'x' FROM s) AS r, TRIM(BOTH 'x' FROM s) AS b, LTRIM(s) AS lt, RTRIM(s) AS rt, LTRIM(s, 'xy') AS lx, BTRIM(s, 'x ') AS bt FROM t;
--! expect
{"t":"","l":"","r":"","b":"","lt":"","rt":"","lx":"","bt":""}
{"t":"a","l":"  a  ","r":"  a  ","b":"  a  ","lt":"a  ","rt":"  a","lx":"  a  ","bt":"a"}
{"t":"xxaxx","l":"axx","r":"xxa","b":"a","lt":"xxaxx","rt":"xxaxx","lx":"axx","bt":"a"}
{"t":"xxx","l":"","r":"","b":"","lt":"xxx","rt":"xxx","lx":"","bt":""}
{"t":"xyxa","l":"yxa","r":"xyxa","b":"yxa","lt":"xyxa","rt":"xyxa","lx":"a","bt":"yxa"}
{"t":null,"l":null,"r":null,"b":null,"lt":null,"rt":null,"lx":null,"bt":null}
