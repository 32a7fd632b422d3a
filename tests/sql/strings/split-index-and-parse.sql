--! reason: SPLIT_INDEX counts from 0, SPLIT gives an array, PARSE_URL takes one part of a URL.
--! file input/t.csv
"a,b,c",http://u@h.org:80/p/q?k=v&x=y#f
"a,,",nonsense
"",~
~,https://e.com
--! sql
CREATE TABLE t (
  s STRING,
  u STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT SPLIT_INDEX(s, ',', 1) AS p, SPLIT_INDEX(s, ',', 9) AS far, SPLIT(s, ',') AS parts, PARSE_URL(u, 'HOST') AS h, PARSE_URL(u, 'QUERY', 'k') AS q, PARSE_URL(u, 'PATH') AS pa FROM t;
--! expect
{"p":"","far":null,"parts":["a","",""],"h":null,"q":null,"pa":null}
{"p":"b","far":null,"parts":["a","b","c"],"h":"h.org","q":"v","pa":"/p/q"}
{"p":null,"far":null,"parts":[],"h":null,"q":null,"pa":null}
{"p":null,"far":null,"parts":null,"h":"e.com","q":null,"pa":""}
