--! reason: LATERAL TABLE of a function is refused by name, at its place.
--! sql
CREATE TABLE t (
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/t.csv',
  'format' = 'csv'
);
SELECT t.s, w.x FROM t, LATERAL TABLE(words(s)) AS w (x);
--! error: LATERAL TABLE of a function
