#![allow(clippy::unwrap_used)]

use alpheus_dataflow::{Field, RowType, TypeKind};

use super::*;
use crate::testing::{read_all, read_with_restarts, table};

fn field(kind: FieldKind) -> alpheus_dataflow::LogicalType {
    match kind {
        FieldKind::Number => TypeKind::BigInt,
        FieldKind::Text => TypeKind::string(),
        FieldKind::Time => TypeKind::Timestamp(3),
    }
    .nullable()
}

fn fields_of(kind: EventKind) -> Vec<Field> {
    let fields = kind.fields().iter();
    fields
        .map(|(name, kind)| Field::new(*name, field(*kind)))
        .collect()
}

fn read_kind(kind: EventKind, name: &str, events: &str, projection: &[usize]) -> Vec<String> {
    let options = [("kind", name), ("events.num", events)];
    let spec = table("nexmark", &options, RowType::new(fields_of(kind)));
    read_all(&source(NexmarkTable::read(&spec).unwrap(), projection), 7)
}

#[test]
fn the_first_events_are_fixed() {
    let person = read_kind(EventKind::Person, "person", "100", &[0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(
        person,
        [
            "1000|Julie White|xcex@wzm.com|8619 0484 0754 7549|Phoenix|WY|2015-07-15T00:00:00",
            "1001|Walter Bartels|sdd@o z.com|2431 5164 8159 2487|San Francisco|WA|2015-07-15T00:00:00.005",
        ]
    );
    let auction = read_kind(
        EventKind::Auction,
        "auction",
        "50",
        &[0, 1, 3, 4, 5, 6, 7, 8],
    );
    assert_eq!(
        auction[..2],
        [
            "1000|qup|4678|37898|2015-07-15T00:00:00|2015-07-15T00:00:00.294|1000|13",
            "1001|pwtg q|1497593|1718509|2015-07-15T00:00:00|2015-07-15T00:00:00.090|1010|13",
        ]
    );
    let bid = read_kind(EventKind::Bid, "bid", "50", &[0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(bid.len(), 46);
    assert_eq!(
        bid[0],
        "1000|1004|106180|Apple|https://www.nexmark.com/biej/nit/znc/item.htm?query=1|2015-07-15T00:00:00|verjpqwanataybmzfwcvdfcbhleeqxthbvqoptuiqohvajzxusicscviszpborpbjvqtqlvoilrojxlk"
    );
}

#[test]
fn what_is_projected_does_not_change_values() {
    for (kind, name) in [
        (EventKind::Person, "person"),
        (EventKind::Auction, "auction"),
        (EventKind::Bid, "bid"),
    ] {
        let width = kind.fields().len();
        let all = read_kind(kind, name, "500", &(0..width).collect::<Vec<_>>());
        for column in 0..width {
            let expected: Vec<_> = all
                .iter()
                .map(|row| row.split('|').nth(column).unwrap().to_owned())
                .collect();
            assert_eq!(
                read_kind(kind, name, "500", &[column]),
                expected,
                "{name} {column}"
            );
        }
    }
}

#[test]
fn events_have_one_row_of_their_kind() {
    let row = |kind, places: &[usize]| {
        let fields = fields_of(kind);
        TypeKind::Row(places.iter().map(|&i| fields[i].clone()).collect()).nullable()
    };
    let schema = RowType::new(vec![
        Field::new("event_type", TypeKind::Integer.nullable()),
        Field::new("person", row(EventKind::Person, &[0])),
        Field::new("auction", row(EventKind::Auction, &[0, 8])),
        Field::new("bid", row(EventKind::Bid, &[1, 0])),
        Field::new("dateTime", TypeKind::Timestamp(3).nullable()),
    ]);
    let spec = table(
        "nexmark",
        &[("events.num", "120"), ("next-event.rate", "1000")],
        schema,
    );
    let make = |projection: &[usize]| source(NexmarkTable::read(&spec).unwrap(), projection);
    let rows = read_all(&make(&[0, 1, 2, 3, 4]), 11);
    assert_eq!(rows.len(), 120);
    assert_eq!(rows[0], "0|{id: 1000}|~|~|2015-07-15T00:00:00");
    assert_eq!(
        rows[1],
        "1|~|{id: 1000, category: 13}|~|2015-07-15T00:00:00.001"
    );
    assert_eq!(
        rows[4],
        "2|~|~|{bidder: 1004, auction: 1000}|2015-07-15T00:00:00.004"
    );
    assert_eq!(read_with_restarts(&make(&[0, 1, 2, 3, 4]), 11), rows);
    let types: Vec<_> = rows.iter().map(|row| row[..1].to_owned()).collect();
    assert_eq!(read_all(&make(&[0]), 50), types);
}

#[test]
fn columns_are_checked_by_name_and_type() {
    let refused = |options: &[(&str, &str)], name: &str, ty: TypeKind| {
        let schema = RowType::new(vec![Field::new(name, ty.nullable())]);
        let read = NexmarkTable::read(&table("nexmark", options, schema));
        read.err().unwrap().to_string()
    };
    let bid = [("kind", "bid")];
    assert!(refused(&bid, "prize", TypeKind::BigInt).contains("did you mean `price`"));
    assert!(refused(&bid, "price", TypeKind::Integer).contains("a BIGINT, not INT"));
    assert!(refused(&[], "bids", TypeKind::Integer).contains("did you mean `bid`"));
    assert!(refused(&[("base-time", "now")], "bid", TypeKind::Row(vec![])).contains("base-time"));
}
