-- q6: the average selling price of a seller's last ten auctions. An OVER window of rows that are replaced, which Flink refuses.
CREATE TABLE sink (seller BIGINT, avg_price BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT seller,
       AVG(final) OVER (PARTITION BY seller ORDER BY `dateTime` ROWS BETWEEN 10 PRECEDING AND CURRENT ROW)
FROM (
  SELECT a.id, a.seller, b.price AS final, b.`dateTime`,
         ROW_NUMBER() OVER (PARTITION BY a.id, a.seller ORDER BY b.price DESC, b.`dateTime` ASC) AS rank_number
  FROM auction AS a, bid AS b
  WHERE a.id = b.auction AND b.`dateTime` BETWEEN a.`dateTime` AND a.expires
)
WHERE rank_number <= 1;
