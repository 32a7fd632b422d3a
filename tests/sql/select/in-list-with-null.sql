--! reason: IN over a list with NULL is TRUE or UNKNOWN, so NOT IN keeps nothing.
--! file input/t.csv
1,1
2,3
3,~
--! sql
CREATE TABLE t (
  id INT,
  v INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, v IN (1, 2) AS i, v NOT IN (1, 2) AS ni, v IN (1, CAST(NULL AS INT)) AS inl, v NOT IN (1, CAST(NULL AS INT)) AS ninl FROM t;
--! expect
{"id":1,"i":true,"ni":false,"inl":true,"ninl":false}
{"id":2,"i":false,"ni":true,"inl":null,"ninl":null}
{"id":3,"i":null,"ni":null,"inl":null,"ninl":null}
