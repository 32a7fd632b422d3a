-- q23: bids of people who also sell, with who they are and what they sell. Three streams joined by one key.
CREATE TABLE sink (
  auction BIGINT, bidder BIGINT, price BIGINT, bid_time TIMESTAMP(3), name STRING, email STRING, city STRING,
  item STRING, own_auction BIGINT
) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT b.auction, b.bidder, b.price, b.`dateTime`, p.name, p.emailAddress, p.city, a.itemName, a.id
FROM bid AS b
JOIN person AS p ON b.bidder = p.id
JOIN auction AS a ON b.bidder = a.seller;
