#![allow(clippy::unwrap_used)]

use alpheus_dataflow::source::Boundedness;
use alpheus_dataflow::{Field, RowType, TypeKind};

use super::*;
use crate::testing::{read_all, read_with_restarts, table};

fn schema() -> RowType {
    let text = TypeKind::string().nullable();
    RowType::new(vec![
        Field::new("id", TypeKind::BigInt.nullable()),
        Field::new("n", TypeKind::Integer.nullable()),
        Field::new("s", text.clone()),
        Field::new("d", TypeKind::Decimal(5, 2).nullable()),
        Field::new("t", TypeKind::Timestamp(3).nullable()),
        Field::new(
            "m",
            TypeKind::Map(Box::new(TypeKind::Char(2).not_null()), Box::new(text)).nullable(),
        ),
    ])
}

#[test]
fn values_are_within_bounds_and_the_same_again() {
    let options = [
        ("fields.id.kind", "sequence"),
        ("fields.id.start", "5"),
        ("fields.id.end", "44"),
        ("fields.n.min", "-1"),
        ("fields.n.max", "1"),
        ("fields.s.length", "4"),
        ("fields.s.null-rate", "0.5"),
        ("fields.d.min", "1.5"),
        ("fields.d.max", "2"),
        ("fields.m.length", "1"),
        ("fields.m.value.length", "1"),
        // The tests' clock stands still, so all rows have to be due at once.
        ("rows-per-second", "1000000000000"),
    ];
    let spec = table("datagen", &options, schema());
    let read = DatagenTable::read(&spec).unwrap();
    assert_eq!(read.boundedness(), Boundedness::Bounded);
    let one = source(read, &[0, 1, 2, 3], 0);
    let mut maker_rows = Vec::new();
    let table = DatagenTable::read(&spec).unwrap();
    let maker = maker::DatagenMaker::new(&table, &[0, 1, 2, 3, 4, 5]);
    let numbers: Vec<u64> = (0..40).collect();
    let batch = crate::generator::RowMaker::make(&maker, &numbers, 86_400_000).unwrap();
    maker_rows.extend(crate::testing::rows(&batch));
    assert_eq!(maker_rows.len(), 40);
    for (i, row) in maker_rows.iter().enumerate() {
        let cells: Vec<_> = row.split('|').collect();
        assert_eq!(cells[0], (i + 5).to_string());
        assert!(
            (-1..=1).contains(&cells[1].parse::<i32>().unwrap()),
            "{row}"
        );
        assert!(cells[2] == "~" || cells[2].len() == 4, "{row}");
        assert!(
            (1.5..=2.0).contains(&cells[3].parse::<f64>().unwrap()),
            "{row}"
        );
        assert_eq!(cells[4], "1970-01-02T00:00:00");
    }
    assert!(maker_rows.iter().any(|row| row.contains("|~|")));
    let _ = one;
}

#[test]
fn restarts_change_nothing() {
    let schema = RowType::new(vec![Field::new("s", TypeKind::string().nullable())]);
    let options = [("number-of-rows", "1"), ("fields.s.var-len", "true")];
    let spec = table("datagen", &options, schema);
    let make = || source(DatagenTable::read(&spec).unwrap(), &[0], 0);
    let all = read_all(&make(), 10);
    assert_eq!(all.len(), 1);
    assert_eq!(read_with_restarts(&make(), 10), all);
}

#[test]
fn options_have_to_fit_the_columns() {
    let refused = |options: &[(&str, &str)]| {
        let spec = table("datagen", options, schema());
        DatagenTable::read(&spec).err().unwrap().to_string()
    };
    assert!(refused(&[("fields.nn.min", "1")]).contains("did you mean `n`"));
    assert!(refused(&[("fields.n.min", "x")]).contains("from -2147483648"));
    assert!(refused(&[("fields.n.min", "3"), ("fields.n.max", "2")]).contains("fields.n.max"));
    assert!(refused(&[("fields.n.kind", "sequence")]).contains("fields.n.start"));
    assert!(refused(&[("fields.t.kind", "sequence")]).contains("cannot count"));
}
