--! reason: Characters special to regular expressions are plain in LIKE patterns, and the match spans lines.
--! file input/t.json
{"id":1,"s":"abc","p":"a.c"}
{"id":2,"s":"a.c","p":"a.%"}
{"id":3,"s":"(x)","p":"(_)"}
{"id":4,"s":"a\nb\nc","p":"%b%"}
{"id":5,"s":"[a]*","p":"[a]*"}
--! sql
CREATE TABLE t (
  id INT,
  s STRING,
  p STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT id, s LIKE p AS by_column, s LIKE 'a.c' AS with_dot, s LIKE '(%)' AS in_parens, s LIKE 'a%c' AS over_lines FROM t;
--! expect
{"id":1,"by_column":false,"with_dot":false,"in_parens":false,"over_lines":true}
{"id":2,"by_column":true,"with_dot":true,"in_parens":false,"over_lines":true}
{"id":3,"by_column":true,"with_dot":false,"in_parens":true,"over_lines":false}
{"id":4,"by_column":true,"with_dot":false,"in_parens":false,"over_lines":true}
{"id":5,"by_column":true,"with_dot":false,"in_parens":false,"over_lines":false}
