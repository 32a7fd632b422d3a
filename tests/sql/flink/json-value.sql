--! reason: scalar, json: json value
--! file input/t.csv
1|{"a":1,"b":{"c":"x","d":[1,2,3]},"n":null,"t":true,"f":1.5}
2|{"a":"str","b":{"c":null},"e":[]}
3|[1,2,{"k":"v"}]
4|not json
5|{}
6|"scalar"
7|{"sp ace":"y","u":"é\"q"}
8|
--! sql
CREATE TABLE t (
  id INT,
  j STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.field-delimiter' = '|',
  'csv.disable-quote-character' = 'true'
);
SELECT id, JSON_VALUE(j, '$.a') AS a, JSON_VALUE(j, '$.b.c') AS bc, JSON_VALUE(j, '$.b.d[1]') AS d1, JSON_VALUE(j, '$.n') AS n, JSON_VALUE(j, '$.t') AS t, JSON_VALUE(j, '$.b') AS obj, JSON_VALUE(j, '$[''sp ace'']') AS sp, JSON_VALUE(j, '$.u') AS u FROM t WHERE id NOT IN (8);
--! expect
{"id":1,"a":"1","bc":"x","d1":"2","n":null,"t":"true","obj":null,"sp":null,"u":null}
{"id":2,"a":"str","bc":null,"d1":null,"n":null,"t":null,"obj":null,"sp":null,"u":null}
{"id":3,"a":null,"bc":null,"d1":null,"n":null,"t":null,"obj":null,"sp":null,"u":null}
{"id":4,"a":null,"bc":null,"d1":null,"n":null,"t":null,"obj":null,"sp":null,"u":null}
{"id":5,"a":null,"bc":null,"d1":null,"n":null,"t":null,"obj":null,"sp":null,"u":null}
{"id":6,"a":null,"bc":null,"d1":null,"n":null,"t":null,"obj":null,"sp":null,"u":null}
{"id":7,"a":null,"bc":null,"d1":null,"n":null,"t":null,"obj":null,"sp":"y","u":"é\"q"}
