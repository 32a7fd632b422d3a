//! Rows of files. The first bytes choose options, projection and how many rows are taken at once.

use std::collections::BTreeMap;

use alpheus_connectors::fuzzing::decode_text;
use alpheus_dataflow::{Field, RowType, TypeKind};

use super::{choices, texts};
use crate::Target;

pub(super) const CSV: Target = Target {
    name: "csv",
    run: csv,
    seeds: csv_seeds,
    words: &[
        "\"\"", "\"", "\r\n", ";", "true", "#x", "12:00:00", "1E5", "-", "é", "\\",
    ],
};

pub(super) const JSON: Target = Target {
    name: "json",
    run: json,
    seeds: json_seeds,
    words: &[
        "{\"i\":",
        "\"s\":",
        "[[",
        "]]",
        "{}",
        "null",
        "true",
        "\\u00e9",
        "\\ud83d\\ude00",
        "1e400",
        "-0",
        "\"a\":[",
        "\"m\":{\"x\":",
        "\"o\":{\"f\":",
        "\n",
        "0.1e-40",
    ],
};

pub(super) const DEBEZIUM: Target = Target {
    name: "debezium",
    run: debezium,
    seeds: debezium_seeds,
    words: &[
        "{\"before\":",
        "\"after\":",
        "\"op\":\"u\"",
        "\"op\":\"d\"",
        "\"op\":\"c\"",
        "\"op\":null",
        "{\"payload\":",
        "{\"i\":1}",
        "null",
        "\n",
    ],
};

/// Columns of every type that both formats hold.
fn flat() -> Vec<(&'static str, TypeKind)> {
    vec![
        ("i", TypeKind::Integer),
        ("l", TypeKind::BigInt),
        ("t", TypeKind::TinyInt),
        ("s", TypeKind::string()),
        ("c", TypeKind::Char(3)),
        ("d", TypeKind::Decimal(20, 4)),
        ("x", TypeKind::Double),
        ("f", TypeKind::Float),
        ("p", TypeKind::Boolean),
        ("day", TypeKind::Date),
        ("time", TypeKind::Time(3)),
        ("ts", TypeKind::Timestamp(3)),
        ("tz", TypeKind::TimestampLtz(9)),
        ("bytes", TypeKind::bytes()),
        ("a", TypeKind::Array(Box::new(TypeKind::Integer.nullable()))),
        (
            "o",
            TypeKind::Row(vec![
                Field::new("f", TypeKind::Integer.nullable()),
                Field::new("g", TypeKind::string().nullable()),
            ]),
        ),
    ]
}

fn schema(columns: Vec<(&'static str, TypeKind)>) -> RowType {
    let fields = columns.into_iter();
    RowType::new(
        fields
            .map(|(name, kind)| Field::new(name, kind.nullable()))
            .collect(),
    )
}

/// Decodes as the choices say, whole and in small pieces: both give as many rows.
fn both(format: &str, switches: &[(&str, &str)], schema: &RowType, bytes: &[u8]) {
    let ([first, second, third], data) = choices(bytes);
    let chosen = u16::from_be_bytes([first, second]);
    let options: BTreeMap<String, String> = switches
        .iter()
        .enumerate()
        .filter(|(bit, _)| chosen & (1 << bit) != 0)
        .map(|(_, (key, value))| (format!("{format}.{key}"), (*value).to_owned()))
        .collect();
    // All columns, or every third of them, from one of three on.
    let projection: Vec<usize> = match third & 3 {
        3 => (0..schema.len()).collect(),
        start => (usize::from(start)..schema.len()).step_by(3).collect(),
    };
    let decode = |limit| decode_text(format, &options, schema, &projection, data, limit);
    assert_eq!(
        decode(usize::MAX),
        decode(1 + usize::from(third >> 2)),
        "rows, in whole and in pieces"
    );
}

fn csv(bytes: &[u8]) {
    let switches = [
        ("ignore-parse-errors", "true"),
        ("allow-comments", "true"),
        ("trim-spaces", "true"),
        ("escape-character", "\\"),
        ("field-delimiter", ";"),
        ("null-literal", "null"),
        ("disable-quote-character", "true"),
        ("ignore-trailing-unmappable", "true"),
        ("allow-trailing-comma", "true"),
        ("empty-string-as-null", "true"),
    ];
    both("csv", &switches, &schema(flat()), bytes);
}

fn json(bytes: &[u8]) {
    let switches = [
        ("ignore-parse-errors", "true"),
        ("fail-on-missing-field", "true"),
        ("timestamp-format.standard", "ISO-8601"),
    ];
    let mut columns = flat();
    let string = TypeKind::string().nullable();
    let numbers = TypeKind::Array(Box::new(TypeKind::BigInt.nullable())).nullable();
    columns.push(("m", TypeKind::Map(Box::new(string), Box::new(numbers))));
    both("json", &switches, &schema(columns), bytes);
}

fn debezium(bytes: &[u8]) {
    let switches = [
        ("ignore-parse-errors", "true"),
        ("schema-include", "true"),
        ("timestamp-format.standard", "ISO-8601"),
    ];
    both("debezium-json", &switches, &schema(flat()), bytes);
}

fn debezium_seeds() -> Vec<Vec<u8>> {
    texts(&[
        "\0\0\x03{\"before\":null,\"after\":{\"i\":1,\"s\":\"a\",\"a\":[1,null]},\"op\":\"c\",\"ts_ms\":1}\n{\"before\":{\"i\":1},\"after\":{\"i\":2},\"op\":\"u\"}\n{\"op\":\"d\",\"before\":{\"i\":2},\"after\":null}\n",
        "\0\x01\x07{\"before\":null,\"after\":null,\"op\":\"c\"}\n\n{\"op\":\"x\"}\nnot json\n{\"before\":null,\"after\":{\"o\":{\"f\":1}},\"op\":\"r\"}",
        "\0\x02\x0b{\"schema\":{\"type\":\"struct\"},\"payload\":{\"before\":null,\"after\":{\"d\":1.5,\"ts\":\"2024-02-29 12:34:56\"},\"op\":\"c\"}}\n{\"payload\":null}\n",
    ])
}

fn csv_seeds() -> Vec<Vec<u8>> {
    texts(&[
        "\0\0\x031,2,3,text,abc,1.5,2.5e3,0.5,true,2024-02-29,12:34:56,2024-02-29 12:34:56.789,2024-02-29 12:34:56.789Z,AQID,1;2;3,7;x\n",
        "\0\x01\x07-1,9223372036854775807,-128,\"a \"\"quoted\"\", b\",,,,,,,,,,,,\r\n2,,,,,,,,,,,,,,,\n",
        "\0\x0e\x0b# comment\n 1 , 2 ,3, \\, ,\n\n\"open\n",
        "\0\x30\x10null;null;1;x;y;0.1\n1;2;3\n",
    ])
}

fn json_seeds() -> Vec<Vec<u8>> {
    texts(&[
        "\0\0\x03{\"i\":1,\"l\":-2,\"t\":3,\"s\":\"te\\u00e9xt\",\"c\":\"abc\",\"d\":12.34,\"x\":1e-3,\"f\":0.5,\"p\":true}\n{\"i\":null}\n",
        "\0\x01\x07{\"day\":\"2024-02-29\",\"time\":\"12:34:56\",\"ts\":\"2024-02-29 12:34:56.789\",\"tz\":\"2024-02-29 12:34:56.789Z\",\"bytes\":\"AQID\"}\n",
        "\0\x01\x0b{\"a\":[1,null,3],\"o\":{\"f\":1,\"g\":\"x\"},\"m\":{\"k\":[1,2],\"l\":[]},\"other\":{\"deep\":[[[{}]]]}}\n\nnot json\n",
        "\0\x04\x0f{\"s\":{\"an\":\"object\"},\"d\":\"1.5\",\"x\":\"NaN\",\"ts\":\"2024-02-29T12:34:56\",\"i\":\"7\",\"i\":8}",
    ])
}
