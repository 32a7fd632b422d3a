--! reason: scalar, string, unicode: quoted literals unicode
--! file input/t.csv
1
--! sql
CREATE TABLE t (
  id INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv'
);
SELECT id, 'it''s' AS q, U&'\00e9\4e2d' AS un, '  ' AS sp, '"dq"' AS dq, '日本' AS jp, CHAR_LENGTH('a''b') AS n FROM t;
--! expect
{"id":1,"q":"it's","un":"é中","sp":"  ","dq":"\"dq\"","jp":"日本","n":3}
