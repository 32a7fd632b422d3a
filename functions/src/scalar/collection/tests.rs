use alpheus_dataflow::Expr;
use alpheus_dataflow::types::TypeKind;

use crate::testing::{call, int, null, result, text};

fn array(values: &[Option<i64>]) -> Expr {
    let items = values
        .iter()
        .map(|v| v.map_or_else(|| null(TypeKind::Integer), int));
    call("ARRAY", items.collect())
}

#[test]
fn treats_arrays_as_sets() {
    let a = || array(&[Some(3), Some(1), Some(2), Some(3)]);
    let b = || array(&[Some(2), Some(4)]);
    assert_eq!(result("ARRAY_DISTINCT", vec![a()]), "[3, 1, 2]");
    assert_eq!(result("ARRAY_UNION", vec![a(), b()]), "[3, 1, 2, 4]");
    assert_eq!(result("ARRAY_INTERSECT", vec![a(), b()]), "[2]");
    assert_eq!(result("ARRAY_EXCEPT", vec![a(), b()]), "[3, 1]");
    assert_eq!(result("ARRAY_CONCAT", vec![a(), b()]), "[3, 1, 2, 3, 2, 4]");
    let (c, d) = (|| array(&[None, Some(5), None]), || array(&[Some(5), None]));
    assert_eq!(result("ARRAY_INTERSECT", vec![c(), d()]), "[NULL, 5]");
    assert_eq!(result("ARRAY_EXCEPT", vec![c(), d()]), "[]");
}

#[test]
fn sorts_slices_and_searches() {
    let a = || array(&[Some(2), None, Some(1)]);
    let flag = Expr::boolean;
    assert_eq!(result("ARRAY_SORT", vec![a()]), "[NULL, 1, 2]");
    assert_eq!(result("ARRAY_SORT", vec![a(), flag(false)]), "[2, 1, NULL]");
    assert_eq!(
        result("ARRAY_SLICE", vec![a(), int(-2), int(-1)]),
        "[NULL, 1]"
    );
    assert_eq!(result("ARRAY_CONTAINS", vec![a(), int(1)]), "TRUE");
    assert_eq!(result("ARRAY_POSITION", vec![a(), int(7)]), "0");
    assert_eq!(result("ARRAY_MAX", vec![a()]), "2");
    assert_eq!(result("ARRAY_APPEND", vec![a(), int(9)]), "[2, NULL, 1, 9]");
    assert_eq!(result("ITEM", vec![a(), int(3)]), "1");
    assert_eq!(result("ITEM", vec![a(), int(4)]), "NULL");
    let texts = call(
        "ARRAY",
        vec![text("a"), null(TypeKind::string()), text("b")],
    );
    assert_eq!(result("ARRAY_JOIN", vec![texts, text("-")]), "a-b");
}

#[test]
fn takes_maps_apart() {
    let map = || {
        call(
            "MAP",
            vec![text("a"), int(1), text("b"), int(2), text("a"), int(3)],
        )
    };
    assert_eq!(result("MAP_KEYS", vec![map()]), "[a, b]");
    assert_eq!(result("MAP_VALUES", vec![map()]), "[3, 2]");
    assert_eq!(result("MAP_ENTRIES", vec![map()]), "[(a, 3), (b, 2)]");
    assert_eq!(result("ITEM", vec![map(), text("b")]), "2");
    assert_eq!(result("CARDINALITY", vec![map()]), "2");
    let both = vec![call("ARRAY", vec![text("x")]), array(&[Some(1)])];
    assert_eq!(result("MAP_FROM_ARRAYS", both), "{x=1}");
}
