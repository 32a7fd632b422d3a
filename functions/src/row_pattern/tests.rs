use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::pattern::{AfterMatch, PatternElement, PatternExpr, PatternTerm, RowPattern};
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_dataflow::window::TimeAttribute;
use arrow::array::{ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema};

use super::{Matcher, Partition, Runs};
use crate::compile::EvalContext;

fn int() -> LogicalType {
    TypeKind::Integer.nullable()
}

fn last(element: usize, offset: u32) -> PatternTerm {
    PatternTerm::Last {
        element: Some(element),
        column: 0,
        offset,
        ty: int(),
    }
}

/// `term 0 op term 1`, or a constant.
fn compare(op: &str, terms: Vec<PatternTerm>, constant: Option<i64>) -> Option<PatternExpr> {
    let mut args: Vec<Expr> = (0..terms.len()).map(|at| Expr::input(at, int())).collect();
    args.extend(constant.map(|value| Expr::literal(Literal::Int(value), int())));
    Some(PatternExpr {
        terms,
        expr: Expr::call(op, args, TypeKind::Boolean.nullable()),
    })
}

fn element(
    name: &str,
    min: u32,
    max: Option<u32>,
    condition: Option<PatternExpr>,
) -> PatternElement {
    PatternElement {
        name: name.to_owned(),
        min,
        max,
        greedy: max != Some(min),
        condition,
    }
}

/// Measures: first and last value of all rows, number of rows of element 1.
fn pattern(elements: Vec<PatternElement>, after_match: AfterMatch) -> RowPattern {
    let measure = |term: PatternTerm| PatternExpr {
        expr: Expr::input(0, term.ty().clone()),
        terms: vec![term],
    };
    let count = AggregateCall {
        function: "COUNT".to_owned(),
        args: vec![0],
        arg_types: vec![int()],
        distinct: false,
        filter: None,
        order_by: Vec::new(),
        ty: TypeKind::BigInt.not_null(),
    };
    RowPattern {
        partition: Vec::new(),
        time: TimeAttribute::Processing,
        order: Vec::new(),
        elements,
        measures: vec![
            measure(PatternTerm::First {
                element: None,
                column: 0,
                offset: 0,
                ty: int(),
            }),
            measure(PatternTerm::Last {
                element: None,
                column: 0,
                offset: 0,
                ty: int(),
            }),
            measure(PatternTerm::Aggregate {
                element: Some(1),
                call: count,
            }),
        ],
        after_match,
        within_ms: None,
    }
}

fn rows(values: &[i32]) -> RecordBatch {
    let schema = Schema::new(vec![Field::new("v", DataType::Int32, true)]);
    let column: ArrayRef = Arc::new(Int32Array::from(values.to_vec()));
    RecordBatch::try_new(Arc::new(schema), vec![column]).unwrap()
}

fn matcher(pattern: &RowPattern) -> Matcher {
    let session = SessionSettings {
        time_zone: "UTC".to_owned(),
        planned_at: 0,
        bounded: false,
    };
    Matcher::new(pattern, &Arc::new(session)).unwrap()
}

fn cells(columns: &[ArrayRef]) -> Vec<(i32, i32, i64)> {
    let ints = |at: usize| columns[at].as_primitive::<Int32Type>();
    let counts: &Int64Array = columns[2].as_primitive::<Int64Type>();
    (0..counts.len())
        .map(|row| (ints(0).value(row), ints(1).value(row), counts.value(row)))
        .collect()
}

/// Matches of the values, which come in parts of `part` rows, with the state written and read between.
fn run(pattern: &RowPattern, values: &[i32], part: usize) -> Result<Vec<(i32, i32, i64)>, String> {
    let matcher = matcher(pattern);
    let context = EvalContext { now_ms: 0 };
    let mut kept: Vec<(i32, i64)> = Vec::new();
    let mut runs = Runs::default();
    let mut found = Vec::new();
    for (at, values) in values.chunks(part).enumerate() {
        let times: Vec<i64> = (0..values.len())
            .map(|row| (at * part + row) as i64)
            .collect();
        let held: Vec<i32> = kept.iter().map(|(value, _)| *value).collect();
        let held_times = kept.iter().map(|(_, time)| *time).collect();
        let mut partition = Partition::new(rows(&held), held_times, runs).unwrap();
        let matches = matcher
            .process(&mut partition, &rows(values), &times, &context)
            .map_err(|error| error.to_string())?;
        found.extend(matches.iter().flat_map(|columns| cells(columns)));
        kept.extend(values.iter().copied().zip(times));
        let places = partition.kept().iter();
        kept = places.map(|&place| kept[place as usize]).collect();
        runs = Runs::decode(&partition.encode_runs().unwrap()).unwrap();
    }
    Ok(found)
}

fn check(pattern: &RowPattern, values: &[i32], expected: &[(i32, i32, i64)]) {
    for part in [1, 2, 3, 100] {
        assert_eq!(
            run(pattern, values, part).unwrap(),
            expected,
            "parts of {part}"
        );
    }
}

/// A falls, then rises again: `A DOWN+ UP`.
fn valley(after_match: AfterMatch) -> RowPattern {
    // LAST(DOWN, 1) is NULL for the first of them: compare with A then.
    let falls = PatternExpr {
        terms: vec![last(1, 0), last(1, 1), last(0, 0)],
        expr: Expr::call(
            "<",
            vec![
                Expr::input(0, int()),
                Expr::call(
                    "COALESCE",
                    vec![Expr::input(1, int()), Expr::input(2, int())],
                    int(),
                ),
            ],
            TypeKind::Boolean.nullable(),
        ),
    };
    let rises = compare(">", vec![last(2, 0), last(1, 0)], None);
    pattern(
        vec![
            element("A", 1, Some(1), None),
            element("DOWN", 1, None, Some(falls)),
            element("UP", 1, Some(1), rises),
        ],
        after_match,
    )
}

#[test]
fn a_valley_is_found_where_it_begins_and_skipped() {
    let values = [12, 17, 13, 16, 25, 2, 4, 10, 5, 1, 7];
    check(
        &valley(AfterMatch::PastLastRow),
        &values,
        &[(17, 16, 1), (25, 4, 1), (10, 7, 2)],
    );
    check(
        &valley(AfterMatch::ToNextRow),
        &values,
        &[(17, 16, 1), (25, 4, 1), (10, 7, 2), (5, 7, 1)],
    );
    check(
        &valley(AfterMatch::ToLast(1)),
        &values,
        &[(17, 16, 1), (25, 4, 1), (10, 7, 2)],
    );
}

#[test]
fn to_first_begins_again_inside_the_match() {
    // 9 8 7 9: from 9, and from the first of DOWN (8).
    check(
        &valley(AfterMatch::ToFirst(1)),
        &[9, 8, 7, 9],
        &[(9, 9, 2), (8, 9, 1)],
    );
    let to_itself = RowPattern {
        after_match: AfterMatch::ToFirst(0),
        ..valley(AfterMatch::PastLastRow)
    };
    let error = run(&to_itself, &[9, 8, 9], 10).unwrap_err();
    assert!(
        error.contains("SKIP TO FIRST A leads to the first row"),
        "{error}"
    );
}

#[test]
fn greedy_keeps_rows_and_reluctant_gives_them_up() {
    let of = |greedy: bool| {
        let any =
            |op: &str, element: usize, value: i64| compare(op, vec![last(element, 0)], Some(value));
        let mut elements = vec![
            element("A", 1, Some(1), any("=", 0, 1)),
            element("B", 0, None, any("<", 1, 8)),
            element("C", 1, Some(1), any(">", 2, 4)),
        ];
        elements[1].greedy = greedy;
        pattern(elements, AfterMatch::PastLastRow)
    };
    let values = [1, 2, 5, 6, 9, 1, 9];
    check(&of(true), &values, &[(1, 9, 3), (1, 9, 0)]);
    check(&of(false), &values, &[(1, 5, 1), (1, 9, 0)]);
}

#[test]
fn counted_elements_need_their_rows() {
    let big = |element: usize| compare(">", vec![last(element, 0)], Some(4));
    let small = |element: usize| compare("<", vec![last(element, 0)], Some(5));
    let exactly = pattern(
        vec![
            element("S", 1, Some(1), small(0)),
            element("B", 2, Some(2), big(1)),
            element("E", 1, Some(1), small(2)),
        ],
        AfterMatch::PastLastRow,
    );
    check(&exactly, &[1, 5, 6, 2, 7, 3, 8, 9, 9, 1], &[(1, 2, 2)]);
}

#[test]
fn a_full_greedy_element_still_keeps_rows() {
    let above = |element: usize, value: i64| compare(">", vec![last(element, 0)], Some(value));
    let of = |greedy: bool| {
        let mut elements = vec![
            element("A", 1, Some(1), compare("=", vec![last(0, 0)], Some(1))),
            element("B", 1, Some(2), above(1, 2)),
            element("C", 1, Some(1), above(2, 4)),
        ];
        elements[1].greedy = greedy;
        pattern(elements, AfterMatch::PastLastRow)
    };
    let values = [1, 5, 6, 9, 1, 7, 2];
    // As Flink answers: 9 meets the condition of B, so it is not for C.
    check(&of(true), &values, &[]);
    check(&of(false), &values, &[(1, 6, 1)]);
}

#[test]
fn within_ends_runs_and_frees_what_waited() {
    // A begins everywhere; a match ends at a 9, and is at most 2 rows apart.
    let mut short = pattern(
        vec![
            element("A", 1, Some(1), None),
            element("B", 0, None, compare("<", vec![last(1, 0)], Some(9))),
            element("C", 1, Some(1), compare("=", vec![last(2, 0)], Some(9))),
        ],
        AfterMatch::PastLastRow,
    );
    short.within_ms = Some(3);
    check(&short, &[1, 2, 3, 4, 9, 5, 9], &[(3, 9, 1), (5, 9, 0)]);
    let matcher = matcher(&short);
    let context = EvalContext { now_ms: 0 };
    let mut partition = Partition::empty(&rows(&[]));
    let found = matcher.process(&mut partition, &rows(&[1]), &[0], &context);
    assert!(found.unwrap().is_none() && !partition.is_idle());
    assert!(
        matcher
            .advance(&mut partition, 3, &context)
            .unwrap()
            .is_none()
    );
    assert!(partition.is_idle() && partition.kept().is_empty());
}

#[test]
fn time_ends_for_rows_of_any_time() {
    let mut short_one = pattern(
        vec![
            element("A", 1, Some(1), None),
            element("B", 1, Some(1), None),
        ],
        AfterMatch::PastLastRow,
    );
    short_one.within_ms = Some(3);
    let matcher = matcher(&short_one);
    let context = EvalContext { now_ms: 0 };
    for time in [-1, i64::MIN, i64::MAX - 3] {
        let mut partition = Partition::empty(&rows(&[]));
        let found = matcher.process(&mut partition, &rows(&[1]), &[time], &context);
        assert!(found.unwrap().is_none() && !partition.is_idle());
        let found = matcher.advance(&mut partition, i64::MAX, &context);
        assert!(found.unwrap().is_none() && partition.is_idle(), "{time}");
    }
}
