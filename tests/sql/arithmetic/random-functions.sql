--! reason: Random values differ by row and keep to their range; one seed gives one sequence.
--! sql
SELECT COUNT(*) AS n, COUNT(DISTINCT r) > 90 AS varies, MIN(r) >= 0 AND MAX(r) < 1 AS fits, MIN(i) >= 0 AND MAX(i) < 7 AS ints,
  COUNT(DISTINCT u) AS uuids, MIN(CHAR_LENGTH(u)) AS len
FROM (SELECT RAND() AS r, RAND_INTEGER(7) AS i, UUID() AS u FROM (SELECT 1 AS n1 FROM (VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10)) AS a(x)
  UNION ALL SELECT x FROM (VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9),(10),(11),(12),(13),(14),(15),(16),(17),(18),(19),(20),(21),(22),(23),(24),(25),(26),(27),(28),(29),(30),(31),(32),(33),(34),(35),(36),(37),(38),(39),(40),(41),(42),(43),(44),(45),(46),(47),(48),(49),(50),(51),(52),(53),(54),(55),(56),(57),(58),(59),(60),(61),(62),(63),(64),(65),(66),(67),(68),(69),(70),(71),(72),(73),(74),(75),(76),(77),(78),(79),(80),(81),(82),(83),(84),(85),(86),(87),(88),(89)) AS b(x)));
--! expect
{"n":100,"varies":true,"fits":true,"ints":true,"uuids":100,"len":36}
