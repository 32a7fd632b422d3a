--! reason: A table that is looked up is read as it is: one of changes would have to be put together first.
--! sql
CREATE TABLE orders (
  id INT,
  proctime AS PROCTIME()
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/orders',
  'format' = 'csv'
);
CREATE TABLE items (
  id INT,
  name STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/items',
  'format' = 'debezium-json'
);
SELECT o.id, i.name FROM orders AS o JOIN items FOR SYSTEM_TIME AS OF o.proctime AS i ON o.id = i.id;
--! error streaming: LookupJoin with table default_catalog.default_database.items cannot take updates [I,UB,UA,D]
