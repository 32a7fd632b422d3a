--! reason: INSERT OVERWRITE replaces the table's rows in batch mode; in a stream Flink refuses it ("Streaming mode not support overwrite").
--! sql
CREATE TABLE t (
  id INT,
  s STRING
) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'csv'
);
INSERT INTO t VALUES (1, 'old'), (2, 'old');
INSERT OVERWRITE t VALUES (3, 'new');
SELECT * FROM t;
--! expect batch
{"id":3,"s":"new"}
--! error streaming: INSERT OVERWRITE in streaming mode
