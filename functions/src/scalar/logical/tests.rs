#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use alpheus_dataflow::Expr;
use alpheus_dataflow::types::TypeKind;
use arrow::array::{ArrayRef, BooleanArray};

use crate::testing::{call, evaluate, int, null, shown};

#[test]
fn follows_the_truth_table() {
    let values = [Some(true), Some(false), None];
    let pairs: Vec<_> = values
        .iter()
        .flat_map(|p| values.iter().map(move |q| (*p, *q)))
        .collect();
    type Pair = (Option<bool>, Option<bool>);
    let column = |pick: fn(&Pair) -> Option<bool>| -> ArrayRef {
        Arc::new(pairs.iter().map(pick).collect::<BooleanArray>())
    };
    let ty = TypeKind::Boolean.nullable();
    let columns = [
        (ty.clone(), column(|pair| pair.0)),
        (ty.clone(), column(|pair| pair.1)),
    ];
    let input = |index| Expr::input(index, ty.clone());
    let rows = |name: &str, both: bool| {
        let args = if both {
            vec![input(0), input(1)]
        } else {
            vec![input(0)]
        };
        let expr = call(name, args);
        shown(&evaluate(&expr, &columns, "UTC").unwrap(), expr.ty(), "UTC").join(" ")
    };
    assert_eq!(
        rows("AND", true),
        "TRUE FALSE NULL FALSE FALSE FALSE NULL FALSE NULL"
    );
    assert_eq!(
        rows("OR", true),
        "TRUE TRUE TRUE TRUE FALSE NULL TRUE NULL NULL"
    );
    assert_eq!(
        rows("=", true),
        "TRUE FALSE NULL FALSE TRUE NULL NULL NULL NULL"
    );
    assert_eq!(
        rows("IS DISTINCT FROM", true),
        "FALSE TRUE TRUE TRUE FALSE TRUE TRUE TRUE FALSE"
    );
    assert_eq!(
        rows("NOT", false),
        "FALSE FALSE FALSE TRUE TRUE TRUE NULL NULL NULL"
    );
    assert_eq!(
        rows("IS TRUE", false),
        "TRUE TRUE TRUE FALSE FALSE FALSE FALSE FALSE FALSE"
    );
    assert_eq!(
        rows("IS NOT FALSE", false),
        "TRUE TRUE TRUE FALSE FALSE FALSE TRUE TRUE TRUE"
    );
    assert_eq!(
        rows("IS UNKNOWN", false),
        "FALSE FALSE FALSE FALSE FALSE FALSE TRUE TRUE TRUE"
    );
}

#[test]
fn right_side_is_not_evaluated_where_the_left_decides() {
    let ints: ArrayRef = Arc::new(arrow::array::Int32Array::from(vec![0, 2]));
    let ty = TypeKind::Integer.nullable();
    let x = || Expr::input(0, ty.clone());
    let safe = call("<>", vec![x(), int(0)]);
    let risky = call(">", vec![call("/", vec![int(10), x()]), int(1)]);
    let expr = call("AND", vec![safe, risky.clone()]);
    let columns = [(ty.clone(), ints)];
    assert_eq!(
        shown(&evaluate(&expr, &columns, "UTC").unwrap(), expr.ty(), "UTC"),
        ["FALSE", "TRUE"]
    );
    assert!(evaluate(&risky, &columns, "UTC").is_err());
    let unknown = call("AND", vec![null(TypeKind::Boolean), risky]);
    assert!(evaluate(&unknown, &columns, "UTC").is_err());
}
