--! reason: Delimiters, quotes and line ends inside strings survive being written and read as CSV.
--! file input/t.json
{"id":1,"s":"a,b"}
{"id":2,"s":"say \"hi\""}
{"id":3,"s":"two\nlines"}
{"id":4,"s":""}
{"id":5,"s":null}
{"id":6,"s":" blanks "}
--! sql
CREATE TABLE t (
  id INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
CREATE TABLE out_t (
  id INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
INSERT INTO out_t SELECT * FROM t;
SELECT * FROM out_t;
--! expect
{"id":1,"s":"a,b"}
{"id":2,"s":"say \"hi\""}
{"id":3,"s":"two\nlines"}
{"id":4,"s":""}
{"id":5,"s":null}
{"id":6,"s":" blanks "}
