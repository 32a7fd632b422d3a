-- Departures per origin and hour, and over a sliding three hours: one pass over the flights, two tables,
-- each written exactly once.
CREATE TABLE departures_hourly (
  window_start TIMESTAMP(3),
  window_end   TIMESTAMP(3),
  origin       STRING,
  departures   BIGINT,
  canceled     BIGINT,
  mean_delay   DOUBLE,
  worst_delay  INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${OUT}/departures_hourly',
  'format' = 'csv'
);

CREATE TABLE departures_3h (
  window_start TIMESTAMP(3),
  window_end   TIMESTAMP(3),
  origin       STRING,
  departures   BIGINT,
  canceled     BIGINT,
  mean_delay   DOUBLE,
  worst_delay  INT
) WITH (
  'connector' = 'filesystem',
  'path' = '${OUT}/departures_3h',
  'format' = 'csv'
);

EXECUTE STATEMENT SET
BEGIN
  INSERT INTO departures_hourly
  SELECT window_start, window_end, origin,
         COUNT(dep_time),
         COUNT(*) FILTER (WHERE dep_time IS NULL),
         AVG(CAST(dep_delay AS DOUBLE)),
         MAX(dep_delay)
  FROM TABLE(TUMBLE(TABLE flights, DESCRIPTOR(scheduled), INTERVAL '1' HOUR))
  GROUP BY window_start, window_end, origin;

  INSERT INTO departures_3h
  SELECT window_start, window_end, origin,
         COUNT(dep_time),
         COUNT(*) FILTER (WHERE dep_time IS NULL),
         AVG(CAST(dep_delay AS DOUBLE)),
         MAX(dep_delay)
  FROM TABLE(HOP(TABLE flights, DESCRIPTOR(scheduled), INTERVAL '1' HOUR, INTERVAL '3' HOURS))
  GROUP BY window_start, window_end, origin;
END;
