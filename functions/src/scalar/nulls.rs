//! Every function over NULLs, no rows and columns: none may panic or return the wrong type or length.

#![allow(clippy::unwrap_used)]

use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_dataflow::{Expr, Literal};
use arrow::array::{ArrayRef, new_null_array};

use crate::registry::{Argument, all};
use crate::testing::evaluate;

/// What is tried for each argument.
fn samples() -> Vec<(LogicalType, Option<Literal>)> {
    use TypeKind::*;
    let typed = [
        TypeKind::string(),
        Integer,
        Boolean,
        Double,
        Decimal(10, 2),
        Timestamp(3),
        Date,
        TypeKind::bytes(),
        IntervalDayTime,
        Array(Box::new(TypeKind::string().nullable())),
        Map(
            Box::new(TypeKind::string().not_null()),
            Box::new(Integer.nullable()),
        ),
        Row(vec![alpheus_dataflow::Field::new("a", Integer.nullable())]),
    ];
    let mut samples: Vec<_> = typed
        .into_iter()
        .map(|kind| (kind.nullable(), None))
        .collect();
    let unit = Literal::String("DAY".to_string());
    samples.push((Char(3).not_null(), Some(unit)));
    samples.push((
        Char(4).not_null(),
        Some(Literal::String("BOTH".to_string())),
    ));
    samples.push((Integer.not_null(), Some(Literal::Int(0))));
    samples
}

#[test]
fn all_functions_survive_nulls_and_empty_batches() {
    let samples = samples();
    let mut untested = Vec::new();
    for function in all().filter(|function| function.refused().is_none()) {
        let mut tried = 0;
        for arity in 0..=3usize {
            for code in 0..samples.len().pow(arity as u32) {
                let picked: Vec<_> = (0..arity)
                    .map(|at| &samples[code / samples.len().pow(at as u32) % samples.len()])
                    .collect();
                let arguments: Vec<Argument> = picked
                    .iter()
                    .map(|(ty, literal)| Argument {
                        ty: ty.clone(),
                        literal: literal.clone(),
                    })
                    .collect();
                let Ok(resolution) = function.resolve(&arguments) else {
                    continue;
                };
                tried += 1;
                if tried > 12 {
                    break;
                }
                for rows in [0, 2] {
                    let columns: Vec<(LogicalType, ArrayRef)> = picked
                        .iter()
                        .map(|(ty, _)| (ty.clone(), new_null_array(&ty.to_arrow(), rows)))
                        .collect();
                    let args = picked.iter().enumerate().map(|(index, (ty, literal))| {
                        let arg = match literal {
                            Some(value) => Expr::literal(value.clone(), ty.clone()),
                            None => Expr::input(index, ty.clone()),
                        };
                        arg.cast_to(resolution.arg_types[index].clone())
                    });
                    let expr = Expr::call(function.name, args.collect(), resolution.result.clone());
                    // Errors are answers too (MAP with a NULL key); panics and wrong shapes are not.
                    let _ = evaluate(&expr, &columns, "Europe/Berlin");
                }
            }
        }
        if tried == 0 {
            untested.push(function.name);
        }
    }
    assert_eq!(untested, [""; 0], "no signature was found for these");
}
