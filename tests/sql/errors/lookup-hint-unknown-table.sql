--! reason: A hint LOOKUP about a table that is not there is a mistake.
--! sql
CREATE TABLE a (
  k INT
) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '1'
);
SELECT /*+ LOOKUP('table' = 'd', 'async' = 'true') */ k FROM a;
--! error: the hint LOOKUP names 'd', which is no table of this SELECT
