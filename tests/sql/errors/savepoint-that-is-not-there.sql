--! reason: A table over a savepoint that does not exist.
--! sql
CREATE TABLE s (k0 BIGINT) WITH ('connector' = 'savepoint', 'state.path' = '${DIR}/savepoint-1');
SELECT k0 FROM s;
--! error: it does not exist; check the path
