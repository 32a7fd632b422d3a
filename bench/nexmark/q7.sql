-- q7: the highest bids of every ten seconds. The bids are joined with the highest price of their window by time.
CREATE TABLE sink (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), extra STRING)
WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT b.auction, b.bidder, b.price, b.`dateTime`, b.extra
FROM bid AS b
JOIN (
  SELECT MAX(price) AS price, window_time AS closed
  FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
  GROUP BY window_start, window_end, window_time
) AS m
  ON b.price = m.price AND b.`dateTime` > m.closed - INTERVAL '10' SECOND AND b.`dateTime` <= m.closed;
