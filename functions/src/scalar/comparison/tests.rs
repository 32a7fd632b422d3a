use alpheus_dataflow::types::TypeKind;

use crate::registry::{Argument, lookup};
use crate::testing::{call, cast, double, int, long, null, result, text, timestamp};

#[test]
fn compares_across_types() {
    assert_eq!(result("<", vec![int(1), long(2)]), "TRUE");
    assert_eq!(
        result(
            "=",
            vec![timestamp("2024-01-01 00:00:00"), text("2024-01-01")]
        ),
        "TRUE"
    );
    assert_eq!(
        result("=", vec![text("a"), cast(text("a"), TypeKind::Char(3))]),
        "FALSE"
    );
    assert_eq!(result("=", vec![double(0.0), double(-0.0)]), "TRUE");
    let mixed = [
        Argument::of(TypeKind::Integer.nullable()),
        Argument::of(TypeKind::string().nullable()),
    ];
    let refused = lookup("=").map(|equal| equal.resolve(&mixed));
    assert!(matches!(refused, Some(Err(_))));
    let (a, b) = (call("ARRAY", vec![int(1)]), call("ARRAY", vec![int(1)]));
    assert_eq!(result("=", vec![a, b]), "TRUE");
}

#[test]
fn looks_values_up_in_lists() {
    let absent = || null(TypeKind::Integer);
    assert_eq!(result("IN", vec![int(1), int(2), int(1)]), "TRUE");
    assert_eq!(result("IN", vec![int(1), int(2), absent()]), "NULL");
    assert_eq!(result("IN", vec![int(1), int(1), absent()]), "TRUE");
    assert_eq!(result("IN", vec![absent(), int(1)]), "NULL");
}
