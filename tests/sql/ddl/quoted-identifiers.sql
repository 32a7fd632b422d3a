--! reason: Backquoted names keep spaces, keywords and their case; `a` and `A` are two columns.
--! file input/t.csv
1,2,yes,3,4
5,6,no,7,8
9,10,maybe,11,12
--! sql
CREATE TABLE `my table` (
  `a` INT,
  `A` INT,
  `select` STRING,
  `my col` INT,
  `x.y` INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/t.csv',
  'format' = 'csv',
  'csv.null-literal' = '~'
);
SELECT `A`, a, `select`, m.`my col` + 1 AS `my result`, `x.y` FROM `my table` AS m WHERE `select` <> 'no';
--! expect
{"A":10,"a":9,"select":"maybe","my result":12,"x.y":12}
{"A":2,"a":1,"select":"yes","my result":4,"x.y":4}
