use alpheus_dataflow::Expr;
use alpheus_dataflow::types::TypeKind;
use arrow::array::{ArrayRef, Int32Array};
use std::sync::Arc;

use super::fold_constants;
use crate::testing::{call, evaluate, int, session, shown, value};

fn column() -> (Expr, Vec<(alpheus_dataflow::LogicalType, ArrayRef)>) {
    let ty = TypeKind::Integer.nullable();
    let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(0), Some(4), None]));
    (Expr::input(0, ty.clone()), vec![(ty, values)])
}

fn case(condition: Expr, then: Expr, otherwise: Option<Expr>) -> Expr {
    Expr::Case {
        branches: vec![(condition, then)],
        otherwise: otherwise.map(Box::new),
        ty: TypeKind::Integer.nullable(),
    }
}

#[test]
fn unchosen_branches_do_not_fail() {
    let (x, columns) = column();
    let quotient = call("/", vec![int(8), x.clone()]);
    let safe = case(
        call("=", vec![x.clone(), int(0)]),
        int(-1),
        Some(quotient.clone()),
    );
    let rows = evaluate(&safe, &columns, "UTC").map(|array| shown(&array, safe.ty(), "UTC"));
    assert_eq!(
        rows.ok(),
        Some(vec!["-1".into(), "2".into(), "NULL".into()])
    );
    let guarded = call("COALESCE", vec![call("NULLIF", vec![x, int(0)]), quotient]);
    let error = evaluate(&guarded, &columns, "UTC").map_err(|error| error.to_string());
    assert!(error.is_err_and(|text| text.contains("division by zero")));
}

#[test]
fn folds_constants_and_leaves_errors_alone() {
    let settings = session("UTC");
    let sum = fold_constants(call("+", vec![int(1), int(2)]), &settings);
    assert!(matches!(sum, Expr::Literal { .. }));
    let failing = call("/", vec![int(1), int(0)]);
    let folded = fold_constants(failing.clone(), &settings);
    assert!(matches!(folded, Expr::Call { .. }));
    let dead = fold_constants(case(Expr::boolean(false), failing, Some(int(3))), &settings);
    assert_eq!(value(&dead), "3");
    let now = fold_constants(call("NOW", vec![]), &settings);
    assert!(matches!(now, Expr::Call { .. }));
}
