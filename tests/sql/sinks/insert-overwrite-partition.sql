--! reason: INSERT OVERWRITE of one partition leaves the others alone; of a partitioned table it replaces the partitions that get rows.
--! sql
CREATE TABLE t (
  id INT,
  d STRING
) PARTITIONED BY (d) WITH (
  'connector' = 'filesystem',
  'path' = '${DIR}/out',
  'format' = 'csv'
);
INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT OVERWRITE t PARTITION (d = 'a') SELECT 4;
INSERT OVERWRITE t VALUES (5, 'b');
SELECT * FROM t;
--! expect batch
{"id":4,"d":"a"}
{"id":5,"d":"b"}
{"id":3,"d":"c"}
--! error streaming: INSERT OVERWRITE in streaming mode
