use alpheus_dataflow::types::TypeKind;

use crate::testing::{call, int, null, result, text};

#[test]
fn picks_values() {
    let absent = || null(TypeKind::Integer);
    assert_eq!(result("COALESCE", vec![absent(), absent(), int(5)]), "5");
    assert_eq!(result("IFNULL", vec![absent(), int(1)]), "1");
    assert_eq!(result("NULLIF", vec![int(5), int(5)]), "NULL");
    assert_eq!(result("NULLIF", vec![int(5), absent()]), "5");
    let less = call("<", vec![int(1), int(2)]);
    assert_eq!(result("IF", vec![less, text("yes"), text("no")]), "yes");
    assert_eq!(
        result("IF", vec![null(TypeKind::Boolean), text("yes"), text("no")]),
        "no"
    );
}
