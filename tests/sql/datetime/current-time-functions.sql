--! reason: The clock's functions have the types of Flink and agree with each other.
--! sql
SELECT TYPEOF(CURRENT_TIMESTAMP) AS ct, TYPEOF(CURRENT_ROW_TIMESTAMP()) AS crt, TYPEOF(NOW()) AS nw, TYPEOF(LOCALTIMESTAMP) AS lt, TYPEOF(CURRENT_DATE) AS cd, TYPEOF(LOCALTIME) AS lti,
  CURRENT_TIMESTAMP > TIMESTAMP '2024-01-01 00:00:00' AS later, CURRENT_DATE >= DATE '2024-01-01' AS today, EXTRACT(YEAR FROM LOCALTIMESTAMP) >= 2024 AS yr
FROM (VALUES (1)) AS t(x);
--! expect
{"ct":"TIMESTAMP_LTZ(3) NOT NULL","crt":"TIMESTAMP_LTZ(3) NOT NULL","nw":"TIMESTAMP_LTZ(3) NOT NULL","lt":"TIMESTAMP(3) NOT NULL","cd":"DATE NOT NULL","lti":"TIME(0) NOT NULL","later":true,"today":true,"yr":true}
