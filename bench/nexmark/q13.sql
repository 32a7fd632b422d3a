-- q13: bids with what a file says of them. A lookup join: the file is read once and held in memory.
CREATE VIEW timed_bid AS SELECT *, PROCTIME() AS p_time FROM bid;
CREATE TABLE side_input (key BIGINT, `value` STRING)
WITH ('connector' = 'filesystem', 'path' = '${NEXMARK}/side_input.csv', 'format' = 'csv');
CREATE TABLE sink (auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3), `value` STRING)
WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT b.auction, b.bidder, b.price, b.`dateTime`, s.`value`
FROM timed_bid AS b
JOIN side_input FOR SYSTEM_TIME AS OF b.p_time AS s ON MOD(b.auction, 1000) = s.key;
