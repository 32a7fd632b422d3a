--! reason: Events of Debezium are inserts, updates and deletes; what else they carry is skipped. Batch mode refuses changes, as Flink does.
--! file input/orders.json
{"before":null,"after":{"id":1,"item":"pen","price":2.50},"source":{"db":"shop","lsn":[1,2]},"op":"r","ts_ms":1}
{"before":null,"after":{"id":2,"item":"ink","price":9.00},"op":"c","ts_ms":2}

{"before":{"id":1,"item":"pen","price":2.50},"after":{"id":1,"item":"pen","price":3.00},"op":"u"}
{"op":"d","before":{"id":2,"item":"ink","price":9.00},"after":null}
{"before":null,"after":{"id":3,"item":null,"price":null},"op":"c"}
--! sql
CREATE TABLE orders (
  id INT,
  item STRING,
  price DECIMAL(10, 2)
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/input/orders.json',
  'format' = 'debezium-json'
);
SELECT id, item, price * 2 AS twice FROM orders;
--! types {"twice":"DECIMAL(21, 2)"}
--! expect streaming
{"id":1,"item":"pen","twice":"6.00"}
{"id":3,"item":null,"twice":null}
--! error batch: table 'orders' is a source of changes [I,UB,UA,D]: batch mode reads tables of inserts only
