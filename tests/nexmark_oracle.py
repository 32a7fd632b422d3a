"""nexmark_oracle.py FOLDER QUERY: what a query of bench/nexmark must give, computed from the same events.

FOLDER has person.jsonl, auction.jsonl and bid.jsonl, one event a line, in the order of time. Prints one row a line as
JSON: the columns by which the results are compared. Nothing here is shared with the engine.
"""

import collections
import datetime
import decimal
import json
import pathlib
import re
import sys

FOLDER = pathlib.Path(sys.argv[1])


def events(kind):
    with open(FOLDER / f"{kind}.jsonl", encoding="utf-8") as lines:
        rows = [json.loads(line)["row"] for line in lines]
    return sorted(rows, key=lambda row: row["dateTime"])


def ms(text):
    time = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=datetime.timezone.utc)
    return round(time.timestamp() * 1000)


def text(milliseconds):
    time = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return time.strftime("%Y-%m-%d %H:%M:%S.") + f"{milliseconds % 1000:03d}"


def columns(row, *names):
    return {name: row[name] for name in names}


BIDS, AUCTIONS, PERSONS = events("bid"), events("auction"), events("person")
AUCTION = {auction["id"]: auction for auction in AUCTIONS}
PERSON = {person["id"]: person for person in PERSONS}


def windows(time, size, slide):
    start = time - time % slide
    while start > time - size:
        yield start
        start -= slide


def closed_bids():
    """Bids within their auction's life, with the auction."""
    for bid in BIDS:
        auction = AUCTION.get(bid["auction"])
        if auction and auction["dateTime"] <= bid["dateTime"] <= auction["expires"]:
            yield auction, bid


def statistics(bids):
    bands = [lambda p: True, lambda p: p < 10_000, lambda p: 10_000 <= p < 1_000_000, lambda p: p >= 1_000_000]
    names = ["total", "rank1", "rank2", "rank3"]
    row = {}
    for name, band in zip(names, bands):
        chosen = [bid for bid in bids if band(bid["price"])]
        row[f"{name}_bids"] = len(chosen)
        row[f"{name}_bidders"] = len({bid["bidder"] for bid in chosen})
        row[f"{name}_auctions"] = len({bid["auction"] for bid in chosen})
    return row


def grouped(rows, key):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def q0():
    return [columns(bid, "auction", "bidder", "price", "dateTime", "extra") for bid in BIDS]


def q1():
    price = lambda bid: str(bid["price"] * decimal.Decimal("0.908"))
    return [columns(bid, "auction", "bidder", "dateTime", "extra") | {"price": price(bid)} for bid in BIDS]


def q2():
    return [columns(bid, "auction", "price") for bid in BIDS if bid["auction"] % 123 == 0]


def q3():
    for auction in AUCTIONS:
        person = PERSON.get(auction["seller"])
        if person and auction["category"] == 10 and person["state"] in ("OR", "ID", "CA"):
            yield columns(person, "name", "city", "state") | {"id": auction["id"]}


def q4():
    final = {}
    for auction, bid in closed_bids():
        final[auction["id"]] = max(final.get(auction["id"], 0), bid["price"])
    for category, ids in grouped(final, lambda id: AUCTION[id]["category"]).items():
        yield {"category": category, "final": sum(final[id] for id in ids) // len(ids)}


def q5():
    counts = collections.Counter()
    for bid in BIDS:
        for start in windows(ms(bid["dateTime"]), 10_000, 2_000):
            counts[start, bid["auction"]] += 1
    most = {}
    for (start, _), number in counts.items():
        most[start] = max(most.get(start, 0), number)
    for (start, auction), number in counts.items():
        if number == most[start]:
            yield {"auction": auction, "num": number}


def q6():
    sold = []
    for _, pairs in grouped(closed_bids(), lambda pair: pair[0]["id"]).items():
        auction, bid = min(pairs, key=lambda pair: (-pair[1]["price"], pair[1]["dateTime"]))
        sold.append((auction["seller"], bid["dateTime"], auction["id"], bid["price"]))
    for seller, rows in grouped(sold, lambda row: row[0]).items():
        prices = [row[3] for row in sorted(rows)]
        for place in range(len(prices)):
            last = prices[max(0, place - 10):place + 1]
            yield {"seller": seller, "avg_price": sum(last) // len(last)}


def q7():
    tumble = lambda bid: ms(bid["dateTime"]) // 10_000
    for bids in grouped(BIDS, tumble).values():
        most = max(bid["price"] for bid in bids)
        for bid in bids:
            if bid["price"] == most:
                yield columns(bid, "auction", "price", "bidder", "dateTime", "extra")


def q8():
    tumble = lambda row: ms(row["dateTime"]) // 10_000 * 10_000
    sellers = {(auction["seller"], tumble(auction)) for auction in AUCTIONS}
    for person in {(p["id"], p["name"], tumble(p)) for p in PERSONS}:
        if (person[0], person[2]) in sellers:
            yield {"id": person[0], "name": person[1], "starttime": text(person[2])}


def winners():
    """Each auction with its best bid."""
    for _, pairs in grouped(closed_bids(), lambda pair: pair[0]["id"]).items():
        yield min(pairs, key=lambda pair: (-pair[1]["price"], pair[1]["dateTime"]))


def q6():
    for seller, pairs in grouped(winners(), lambda pair: pair[0]["seller"]).items():
        prices = [bid["price"] for _, bid in sorted(pairs, key=lambda pair: pair[1]["dateTime"])]
        for at in range(len(prices)):
            last = prices[max(0, at - 10):at + 1]
            yield {"seller": seller, "avg_price": sum(last) // len(last)}


def q9():
    for auction, bid in winners():
        row = {"bid_dateTime": bid["dateTime"]} | columns(bid, "auction", "price")
        yield row | columns(auction, "id", "itemName", "description", "initialBid", "reserve", "dateTime", "expires",
                            "seller", "category", "extra")


def q10():
    for bid in BIDS:
        day, time = bid["dateTime"].split(" ")
        yield columns(bid, "auction", "bidder", "price", "dateTime", "extra") | {"dt": day, "hm": time[:5]}


def q11():
    for bidder, bids in grouped(BIDS, lambda bid: bid["bidder"]).items():
        session = []
        for time in [ms(bid["dateTime"]) for bid in bids] + [None]:
            if session and (time is None or time >= session[-1] + 10_000):
                yield {"bidder": bidder, "bid_count": len(session), "starttime": text(session[0]),
                       "endtime": text(session[-1] + 10_000)}
                session = []
            session.append(time)


def q12():
    """Windows depend on the clock; what a bidder has in all of them does not."""
    for bidder, bids in grouped(BIDS, lambda bid: bid["bidder"]).items():
        yield {"bidder": bidder, "bid_count": len(bids)}


def q13():
    values = {}
    with open(pathlib.Path(__file__).parent.parent / "bench" / "nexmark" / "side_input.csv", encoding="utf-8") as lines:
        for line in lines:
            key, value = line.rstrip("\n").split(",")
            values[int(key)] = value
    for bid in BIDS:
        if bid["auction"] % 1_000 in values:
            row = columns(bid, "auction", "bidder", "price", "dateTime")
            yield row | {"value": values[bid["auction"] % 1_000]}


def q14():
    for bid in BIDS:
        price = bid["price"] * decimal.Decimal("0.908")
        hour = int(bid["dateTime"][11:13])
        kind = "dayTime" if 8 <= hour <= 18 else "nightTime" if hour <= 6 or hour >= 20 else "otherTime"
        if 1_000_000 < price < 50_000_000:
            yield columns(bid, "auction", "bidder", "dateTime", "extra") | {
                "price": str(price), "bidTimeType": kind, "c_counts": bid["extra"].count("c")}


def q15():
    for day, bids in grouped(BIDS, lambda bid: bid["dateTime"][:10]).items():
        yield {"day": day} | statistics(bids)


def q16():
    for (channel, day), bids in grouped(BIDS, lambda bid: (bid["channel"], bid["dateTime"][:10])).items():
        minute = max(bid["dateTime"][11:16] for bid in bids)
        yield {"channel": channel, "day": day, "minute": minute} | statistics(bids)


def q17():
    for (auction, day), bids in grouped(BIDS, lambda bid: (bid["auction"], bid["dateTime"][:10])).items():
        prices = [bid["price"] for bid in bids]
        counts = {name: number for name, number in statistics(bids).items() if name.endswith("_bids")}
        yield {"auction": auction, "day": day, "min_price": min(prices), "max_price": max(prices),
               "avg_price": sum(prices) // len(prices), "sum_price": sum(prices)} | counts


def q18():
    last = {(bid["bidder"], bid["auction"]): bid["dateTime"] for bid in BIDS}
    return [{"bidder": bidder, "auction": auction, "dateTime": time} for (bidder, auction), time in last.items()]


def q19():
    for auction, bids in grouped(BIDS, lambda bid: bid["auction"]).items():
        prices = sorted((bid["price"] for bid in bids), reverse=True)[:10]
        for place, price in enumerate(prices, 1):
            yield {"auction": auction, "price": price, "rank_number": place}


def q20():
    for bid in BIDS:
        auction = AUCTION.get(bid["auction"])
        if auction and auction["category"] == 10:
            row = columns(bid, "auction", "bidder", "price", "channel", "url")
            row |= columns(auction, "description", "reserve", "expires", "seller", "category")
            yield row | {"bid_time": bid["dateTime"], "auction_time": auction["dateTime"], "bid_extra": bid["extra"],
                         "auction_extra": auction["extra"], "item": auction["itemName"],
                         "initial_bid": auction["initialBid"]}


def q21():
    ids = {"apple": "0", "google": "1", "facebook": "2", "baidu": "3"}
    for bid in BIDS:
        found = re.search(r"(&|^)channel_id=([^&]*)", bid["url"])
        channel = ids.get(bid["channel"].lower(), found and found.group(2))
        if channel is not None:
            yield columns(bid, "auction", "bidder", "price", "channel") | {"channel_id": channel}


def q22():
    for bid in BIDS:
        parts = bid["url"].split("/") + [None] * 3
        row = columns(bid, "auction", "bidder", "price", "channel")
        yield row | {f"dir{i}": parts[i + 2] for i in (1, 2, 3)}


def q23():
    sold = grouped(AUCTIONS, lambda auction: auction["seller"])
    for bid in BIDS:
        person = PERSON.get(bid["bidder"])
        for auction in sold[bid["bidder"]] if person else []:
            row = columns(bid, "auction", "bidder", "price") | columns(person, "name", "city")
            yield row | {"bid_time": bid["dateTime"], "email": person["emailAddress"], "item": auction["itemName"],
                         "own_auction": auction["id"]}


for row in globals()[sys.argv[2]]():
    print(json.dumps(row, sort_keys=True))
