--! reason: scalar, null, boolean: three valued logic
--! file input/t.csv
1,true,true
2,true,false
3,true,~
4,false,true
5,false,false
6,false,~
7,~,true
8,~,false
9,~,~
--! sql
CREATE TABLE t (
  id INT,
  p BOOLEAN,
  q BOOLEAN
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, p AND q AS a, p OR q AS o, NOT p AS n, p IS TRUE AS it, p IS NOT TRUE AS nt, p IS FALSE AS f, p IS UNKNOWN AS u, p = q AS e, p IS DISTINCT FROM q AS idf, p IS NOT DISTINCT FROM q AS indf FROM t;
--! expect
{"id":1,"a":true,"o":true,"n":false,"it":true,"nt":false,"f":false,"u":false,"e":true,"idf":false,"indf":true}
{"id":2,"a":false,"o":true,"n":false,"it":true,"nt":false,"f":false,"u":false,"e":false,"idf":true,"indf":false}
{"id":3,"a":null,"o":true,"n":false,"it":true,"nt":false,"f":false,"u":false,"e":null,"idf":true,"indf":false}
{"id":4,"a":false,"o":true,"n":true,"it":false,"nt":true,"f":true,"u":false,"e":false,"idf":true,"indf":false}
{"id":5,"a":false,"o":false,"n":true,"it":false,"nt":true,"f":true,"u":false,"e":true,"idf":false,"indf":true}
{"id":6,"a":false,"o":null,"n":true,"it":false,"nt":true,"f":true,"u":false,"e":null,"idf":true,"indf":false}
{"id":7,"a":null,"o":true,"n":null,"it":false,"nt":true,"f":false,"u":true,"e":null,"idf":true,"indf":false}
{"id":8,"a":false,"o":null,"n":null,"it":false,"nt":true,"f":false,"u":true,"e":null,"idf":true,"indf":false}
{"id":9,"a":null,"o":null,"n":null,"it":false,"nt":true,"f":false,"u":true,"e":null,"idf":false,"indf":true}
