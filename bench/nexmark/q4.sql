-- q4: the average of the prices for which auctions of a category have closed. An aggregate of an aggregate of a join, so
-- the outer one takes back what the inner one has changed.
CREATE TABLE sink (category BIGINT, final BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT category, AVG(final)
FROM (
  SELECT a.id, a.category, MAX(b.price) AS final
  FROM auction AS a JOIN bid AS b ON a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
  GROUP BY a.id, a.category
)
GROUP BY category;
