--! reason: ROUND, FLOOR, CEIL and TRUNCATE of each kind of number, also to negative places.
--! file input/t.csv
15,1.25,1.250
-15,-1.25,-1.250
4,2.5,99999.999
~,~,~
--! sql
CREATE TABLE t (
  i INT,
  d DOUBLE,
  c DECIMAL(8, 3)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT ROUND(d, 1) AS rd, ROUND(c, 1) AS rc, ROUND(i, -1) AS ri, ROUND(c) AS r0, FLOOR(d) AS fd, CEIL(d) AS cd, FLOOR(c) AS fc, CEIL(c) AS cc, TRUNCATE(c, 1) AS tc, TRUNCATE(d, 1) AS td, TRUNCATE(i, -1) AS ti FROM t;
--! types {"rc": "DECIMAL(7, 1)", "r0": "DECIMAL(6, 0)", "fc": "DECIMAL(8, 0)", "cc": "DECIMAL(8, 0)", "tc": "DECIMAL(7, 1)"}
--! expect
{"rd":-1.3,"rc":"-1.3","ri":-20,"r0":"-1","fd":-2.0,"cd":-1.0,"fc":"-2","cc":"-1","tc":"-1.2","td":-1.2,"ti":-10}
{"rd":1.3,"rc":"1.3","ri":20,"r0":"1","fd":1.0,"cd":2.0,"fc":"1","cc":"2","tc":"1.2","td":1.2,"ti":10}
{"rd":2.5,"rc":"100000.0","ri":0,"r0":"100000","fd":2.0,"cd":3.0,"fc":"99999","cc":"100000","tc":"99999.9","td":2.5,"ti":0}
{"rd":null,"rc":null,"ri":null,"r0":null,"fd":null,"cd":null,"fc":null,"cc":null,"tc":null,"td":null,"ti":null}
