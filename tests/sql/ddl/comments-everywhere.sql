--! reason: Comments of both kinds may stand between any two tokens, and two dashes inside a string are no comment.
--! file input/t.csv
1,x
2,y
--! sql
-- leading comment; with a semicolon
CREATE TABLE t ( -- the table
  a INT COMMENT 'first column, it''s an int',
  /* not a column: b INT, */
  s STRING
) COMMENT 'a table' WITH (
  'connector' = 'filesystem', -- options
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
/* between
   statements */
SELECT a /* inline */ + 1 AS a, s || '--' || '/*x*/' AS s -- trailing
FROM t;
--! expect
{"a":2,"s":"x--/*x*/"}
{"a":3,"s":"y--/*x*/"}
