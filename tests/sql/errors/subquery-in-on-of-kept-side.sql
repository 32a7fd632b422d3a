--! reason: A sub-query in ON that is asked of the side whose rows are kept can be settled neither before nor after the join.
--! sql
CREATE TABLE a (
  k INT
) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '1'
);
SELECT a.k FROM a LEFT JOIN a AS b ON a.k = b.k AND a.k IN (SELECT k FROM a);
--! error: a sub-query in ON of an outer join that is asked of both sides
