-- New York's departures of 2013 as a stream in event time. ${DATA} is the folder with the CSV files.
CREATE TABLE flights (
  `year`         INT,
  `month`        INT,
  `day`          INT,
  dep_time       INT,            -- NULL: canceled
  sched_dep_time INT,            -- 1745 is 17:45
  dep_delay      INT,            -- minutes
  arr_time       INT,
  sched_arr_time INT,
  arr_delay      INT,
  carrier        STRING,
  flight         INT,
  tailnum        STRING,
  origin         STRING,
  dest           STRING,
  air_time       INT,
  distance       INT,
  `hour`         INT,
  `minute`       INT,
  time_hour      STRING,
  -- Event time is when the flight was scheduled to leave, in New York's time.
  scheduled AS TO_TIMESTAMP(
    CONCAT(CAST(`year` AS STRING), '-', LPAD(CAST(`month` AS STRING), 2, '0'), '-', LPAD(CAST(`day` AS STRING), 2, '0'),
           ' ', LPAD(CAST(`hour` AS STRING), 2, '0'), ':', LPAD(CAST(`minute` AS STRING), 2, '0'), ':00')),
  -- The file is ordered by day; within a day by actual departure.
  WATERMARK FOR scheduled AS scheduled - INTERVAL '1' DAY
) WITH (
  'connector' = 'filesystem',
  'path' = '${DATA}/flights.csv',
  'format' = 'csv',
  'csv.null-literal' = 'NA'
);
