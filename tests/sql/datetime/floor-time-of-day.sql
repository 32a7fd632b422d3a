--! reason: A time of day is rounded to its own units; a week, month or year leaves it as it is.
--! sql
SELECT t, FLOOR(t TO HOUR) AS h, CEIL(t TO MINUTE) AS m, CEIL(t TO WEEK) AS w, CEIL(t TO QUARTER) AS q, CEIL(t TO YEAR) AS y
FROM (VALUES (TIME '00:00:00'), (TIME '12:34:56'), (TIME '21:01:00')) AS v(t);
--! expect
{"t":"00:00:00","h":"00:00:00","m":"00:00:00","w":"00:00:00","q":"00:00:00","y":"00:00:00"}
{"t":"12:34:56","h":"12:00:00","m":"12:35:00","w":"12:34:56","q":"12:34:56","y":"12:34:56"}
{"t":"21:01:00","h":"21:00:00","m":"21:01:00","w":"21:01:00","q":"21:01:00","y":"21:01:00"}
