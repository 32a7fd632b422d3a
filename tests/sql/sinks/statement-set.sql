--! reason: Several INSERTs of a statement set run as one job over one source.
--! file input/t.csv
1,x
2,y
3,z
4,~
--! sql
CREATE TABLE t (
  a INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE small (
  a INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/small',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE big (
  s STRING,
  c BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/big',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
EXECUTE STATEMENT SET BEGIN
INSERT INTO small SELECT a FROM t WHERE a < 3;
INSERT INTO big SELECT UPPER(s), CAST(a AS BIGINT) FROM t WHERE a >= 3;
END;
SELECT 'small' AS w, CAST(a AS STRING) AS v FROM small UNION ALL SELECT s, CAST(c AS STRING) FROM big;
--! expect
{"w":"Z","v":"3"}
{"w":"small","v":"1"}
{"w":"small","v":"2"}
{"w":null,"v":"4"}
