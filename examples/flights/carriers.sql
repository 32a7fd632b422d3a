-- A running table: one row a carrier, changing as flights come in.
SELECT carrier,
       COUNT(dep_time)                          AS departures,
       COUNT(*) FILTER (WHERE dep_time IS NULL) AS canceled,
       CAST(AVG(CAST(dep_delay AS DOUBLE)) AS DECIMAL(6, 2)) AS mean_delay
FROM flights
GROUP BY carrier;
