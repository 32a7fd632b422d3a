--! reason: Retrying takes all four of its options, as Flink asks.
--! sql
CREATE TABLE a (
  k INT
) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '1'
);
SELECT /*+ LOOKUP('table' = 'a', 'retry-predicate' = 'lookup_miss') */ k FROM a;
--! error: the hint LOOKUP has 'retry-predicate' but not 'retry-strategy'
