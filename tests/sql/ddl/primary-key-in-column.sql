--! reason: A one-column key may stand at its column, with a name by CONSTRAINT in the table form.
--! file input/t.csv
1,x
--! sql
CREATE TABLE t (
  a INT PRIMARY KEY NOT ENFORCED,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
CREATE TABLE u (
  a INT,
  b STRING,
  CONSTRAINT pk PRIMARY KEY (b) NOT ENFORCED
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT * FROM t UNION ALL SELECT * FROM u;
--! expect
{"a":1,"b":"x"}
{"a":1,"b":"x"}
