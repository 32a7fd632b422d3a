use alpheus_dataflow::types::TypeKind;

use crate::testing::{call, cast, int, long, null, result, text, timestamp, value, value_in};

#[test]
fn counts_units_between_times() {
    let diff = |unit: &str, a: &str, b: &str| {
        result(
            "TIMESTAMPDIFF",
            vec![text(unit), timestamp(a), timestamp(b)],
        )
    };
    let (a, b) = ("2024-01-31 00:00:00", "2024-02-29 00:00:00");
    assert_eq!(diff("MONTH", a, b), "1");
    assert_eq!(diff("DAY", a, b), "29");
    assert_eq!(
        diff("MONTH", "2024-01-31 10:00:00", "2024-03-30 09:00:00"),
        "1"
    );
    assert_eq!(
        diff("YEAR", "2020-02-29 00:00:00", "2024-02-29 00:00:00"),
        "4"
    );
    let (a, b) = ("2024-02-29 12:00:00", "2023-02-28 11:59:59");
    assert_eq!(diff("MONTH", a, b), "-13");
    assert_eq!(diff("YEAR", a, b), "-1");
    assert_eq!(diff("DAY", a, b), "-366");
    assert_eq!(
        diff("MONTH", "2024-01-01 10:00:00", "2024-01-01 09:00:01"),
        "-1"
    );
    assert_eq!(
        diff("HOUR", "2024-01-01 10:00:00", "2024-01-01 09:00:01"),
        "0"
    );
    assert_eq!(
        diff("MONTH", "2024-03-31 00:00:00", "2024-02-29 00:00:00"),
        "-1"
    );
}

#[test]
fn parses_and_formats() {
    assert_eq!(result("TO_DATE", vec![text("oops")]), "NULL");
    assert_eq!(
        result("TO_DATE", vec![text("20240229"), text("yyyyMMdd")]),
        "2024-02-29"
    );
    assert_eq!(
        result("TO_DATE", vec![text("2023-04-31"), text("yyyy-MM-dd")]),
        "2023-05-01"
    );
    assert_eq!(
        result("TO_TIMESTAMP", vec![text("2023-04-31 00:00:00")]),
        "2023-04-30 00:00:00.000"
    );
    let ts = timestamp("2024-02-29 12:34:56");
    assert_eq!(
        result("DATE_FORMAT", vec![ts.clone(), text("yyyy/MM/dd")]),
        "2024/02/29"
    );
    assert_eq!(
        result(
            "DATE_FORMAT",
            vec![null(TypeKind::Timestamp(3)), text("yyyy")]
        ),
        "NULL"
    );
    assert!(result("DATE_FORMAT", vec![ts, text("jj")]).contains("'j'"));
    let convert = vec![
        text("1970-01-01 00:00:00"),
        text("UTC"),
        text("America/Los_Angeles"),
    ];
    assert_eq!(result("CONVERT_TZ", convert), "1969-12-31 16:00:00");
}

#[test]
fn uses_the_sessions_zone() {
    let shanghai = "Asia/Shanghai";
    let from = call("FROM_UNIXTIME", vec![long(44)]);
    assert_eq!(value_in(&from, shanghai), "1970-01-01 08:00:44");
    let unix = call("UNIX_TIMESTAMP", vec![text("1970-01-01 08:00:44")]);
    assert_eq!(value_in(&unix, shanghai), "44");
    let ltz = call("TO_TIMESTAMP_LTZ", vec![long(0), int(3)]);
    assert_eq!(value_in(&ltz, shanghai), "1970-01-01 08:00:00.000");
    let local = cast(ltz.clone(), TypeKind::Timestamp(3));
    assert_eq!(value_in(&local, shanghai), "1970-01-01 08:00:00.000");
    assert_eq!(value(&call("HOUR", vec![ltz.clone()])), "0");
    assert_eq!(value_in(&call("HOUR", vec![ltz]), shanghai), "8");
    assert_eq!(
        result("TO_TIMESTAMP_LTZ", vec![long(1_709_210_096), int(0)]),
        "2024-02-29 12:34:56.000"
    );
    let now = call("NOW", vec![]);
    assert_eq!(value_in(&now, shanghai), "2024-02-29 20:34:56.789");
    assert_eq!(
        value_in(&call("CURRENT_DATE", vec![]), shanghai),
        "2024-02-29"
    );
}

#[test]
fn adds_and_rounds() {
    let add =
        |unit: &str, n, ts: &str| result("TIMESTAMPADD", vec![text(unit), int(n), timestamp(ts)]);
    assert_eq!(
        add("MONTH", 1, "2024-01-31 01:00:00"),
        "2024-02-29 01:00:00.000"
    );
    assert_eq!(
        add("HOUR", -2, "2024-01-01 01:00:00"),
        "2023-12-31 23:00:00.000"
    );
    let date = cast(text("2024-02-29"), TypeKind::Date);
    assert_eq!(
        result("TIMESTAMPADD", vec![text("WEEK"), int(1), date.clone()]),
        "2024-03-07"
    );
    assert_eq!(
        result("TIMESTAMPADD", vec![text("HOUR"), int(1), date]),
        "2024-02-29 01:00:00.000"
    );
    let ts = timestamp("2024-02-29 12:34:56.789");
    assert_eq!(
        result("FLOOR", vec![ts.clone(), text("HOUR")]),
        "2024-02-29 12:00:00.000"
    );
    assert_eq!(
        result("CEIL", vec![ts.clone(), text("MONTH")]),
        "2024-03-01 00:00:00.000"
    );
    assert_eq!(result("EXTRACT", vec![text("EPOCH"), ts]), "1709210096");
}
