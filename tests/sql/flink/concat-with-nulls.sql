--! reason: scalar, string, null: concat with nulls
--! file input/t.csv
1,x,y
2,~,y
3,x,~
4,"",y
5,~,~
--! sql
CREATE TABLE t (
  id INT,
  a STRING,
  b STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT id, a || b AS p, CONCAT(a, b) AS c, CONCAT_WS('-', a, b, 'z') AS w, CONCAT_WS(a, 'x', 'y') AS w2, CONCAT(a, b, '!') AS c3 FROM t;
--! expect
{"id":1,"p":"xy","c":"xy","w":"x-y-z","w2":"xxy","c3":"xy!"}
{"id":2,"p":null,"c":null,"w":"y-z","w2":null,"c3":null}
{"id":3,"p":null,"c":null,"w":"x-z","w2":"xxy","c3":null}
{"id":4,"p":"y","c":"y","w":"-y-z","w2":"xy","c3":"y!"}
{"id":5,"p":null,"c":null,"w":"z","w2":null,"c3":null}
