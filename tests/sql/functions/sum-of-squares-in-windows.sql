--! reason: Partial results of an aggregate function in WebAssembly are merged from panes.
--! file input/t.csv
1,2024-01-01 00:00:01.000
2,2024-01-01 00:00:03.000
3,2024-01-01 00:00:05.000
4,2024-01-01 00:00:09.000
--! parallelism 1
--! sql
CREATE FUNCTION sum_of_squares AS '${REPOSITORY}/examples/udf/sum_of_squares.wasm' LANGUAGE WASM;
CREATE TABLE t (v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
  'connector' = 'filesystem', 'path' = '${DIR}/input/t.csv', 'format' = 'csv'
);
SELECT window_start AS w, sum_of_squares(v) AS q
FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '4' SECOND))
GROUP BY window_start, window_end;
--! expect
{"w":"2023-12-31 23:59:58.000","q":1.0}
{"w":"2024-01-01 00:00:00.000","q":5.0}
{"w":"2024-01-01 00:00:02.000","q":13.0}
{"w":"2024-01-01 00:00:04.000","q":9.0}
{"w":"2024-01-01 00:00:06.000","q":16.0}
{"w":"2024-01-01 00:00:08.000","q":16.0}
