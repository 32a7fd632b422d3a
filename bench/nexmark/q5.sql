-- q5: the auctions with the most bids in ten seconds, every two seconds. A window join of two aggregates.
CREATE TABLE sink (auction BIGINT, num BIGINT) WITH ('connector' = 'blackhole');
CREATE VIEW bids AS
SELECT auction, COUNT(*) AS num, window_start, window_end
FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
GROUP BY auction, window_start, window_end;
INSERT INTO sink
SELECT b.auction, b.num
FROM bids AS b
JOIN (SELECT MAX(num) AS num, window_start, window_end FROM bids GROUP BY window_start, window_end) AS m
  ON b.window_start = m.window_start AND b.window_end = m.window_end AND b.num >= m.num;
