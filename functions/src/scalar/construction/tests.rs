use alpheus_dataflow::types::TypeKind;

use crate::testing::{call, int, null, result, text};

#[test]
fn builds_and_accesses() {
    assert_eq!(
        result("ARRAY", vec![int(1), null(TypeKind::Integer)]),
        "[1, NULL]"
    );
    let row = || call("ROW", vec![int(7), text("x")]);
    assert_eq!(result("ROW_FIELD", vec![row(), int(1)]), "x");
    assert_eq!(result("ITEM", vec![row(), int(1)]), "7");
    let map = call("MAP", vec![text("k"), null(TypeKind::Integer)]);
    assert_eq!(result("ITEM", vec![map, text("k")]), "NULL");
}
