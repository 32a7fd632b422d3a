--! reason: Numbers in quotes are read as numbers, and numbers and booleans as strings.
--! file input/t.json
{"i":"12","d":"1.5","b":"true","s":3}
{"i":3.9,"d":2,"b":"FALSE","s":true}
{"i":" 7 ","d":" 2.5","b":"x","s":[1,{"a":2}]}
--! sql
CREATE TABLE t (
  i INT,
  d DOUBLE,
  b BOOLEAN,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.json',
  'format' = 'json'
);
SELECT * FROM t;
--! expect
{"i":12,"d":1.5,"b":true,"s":"3"}
{"i":3,"d":2.0,"b":false,"s":"true"}
{"i":7,"d":2.5,"b":false,"s":"[1,{\"a\":2}]"}
