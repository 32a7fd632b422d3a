#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use alpheus_dataflow::{AggregateCall, LogicalType, TypeKind};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int8Array, Int32Array,
    Int64Array, StringArray, UInt8Array,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use proptest::prelude::*;

use super::*;

fn call(function: &str, kinds: &[TypeKind], distinct: bool) -> AggregateCall {
    let types: Vec<LogicalType> = kinds.iter().map(|kind| kind.clone().nullable()).collect();
    let signature = infer(function, &types, distinct).unwrap();
    AggregateCall {
        function: function.to_owned(),
        args: (0..kinds.len()).collect(),
        arg_types: signature.arg_types,
        distinct,
        filter: None,
        order_by: Vec::new(),
        ty: signature.result,
    }
}

fn show(array: &ArrayRef) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let formatter = ArrayFormatter::try_new(array, &options).unwrap();
    (0..array.len())
        .map(|row| formatter.value(row).to_string())
        .collect()
}

/// The results of groups 0 and 1 after these rows; group 2 gets nothing.
fn run(call: &AggregateCall, args: &[ArrayRef], groups: &[u32]) -> Vec<String> {
    let mut accumulator = create(call, false).unwrap();
    accumulator.resize(3);
    accumulator.accumulate(args, groups).unwrap();
    let result = accumulator.evaluate(&[0, 1, 2]).unwrap();
    assert_eq!(*result.data_type(), call.ty.to_arrow(), "{}", call.function);
    show(&result)
}

fn ints(values: &[Option<i32>]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

#[test]
fn integers_keep_their_type_wrap_and_are_cut() {
    let tiny: ArrayRef = Arc::new(Int8Array::from(vec![100, 100, 7]));
    let sum = call("SUM", &[TypeKind::TinyInt], false);
    assert_eq!(run(&sum, &[tiny], &[0, 0, 1]), ["-56", "7", "NULL"]);
    let column = ints(&[Some(-1), Some(-4), None, Some(2)]);
    let average = call("AVG", &[TypeKind::Integer], false);
    assert_eq!(run(&average, &[column], &[0, 0, 1, 1]), ["-2", "2", "NULL"]);
}

#[test]
fn decimals_widen_round_and_overflow_to_null() {
    let kind = TypeKind::Decimal(10, 2);
    let column: ArrayRef = Arc::new(
        Decimal128Array::from(vec![100, 100, -200, -50])
            .with_precision_and_scale(10, 2)
            .unwrap(),
    );
    let sum = call("SUM", std::slice::from_ref(&kind), false);
    assert_eq!(sum.ty.kind, TypeKind::Decimal(38, 2));
    let average = call("AVG", &[kind], false);
    assert_eq!(average.ty.kind, TypeKind::Decimal(38, 6));
    let groups = [0, 0, 0, 1];
    assert_eq!(
        run(&sum, std::slice::from_ref(&column), &groups),
        ["0.00", "-0.50", "NULL"]
    );
    assert_eq!(
        run(&average, &[column], &groups),
        ["0.000000", "-0.500000", "NULL"]
    );
    let big: ArrayRef = Arc::new(
        Decimal128Array::from(vec![10i128.pow(38) - 1, 1, 5])
            .with_precision_and_scale(38, 0)
            .unwrap(),
    );
    let sum = call("SUM", &[TypeKind::Decimal(38, 0)], false);
    assert_eq!(run(&sum, &[big], &[0, 0, 1]), ["NULL", "5", "NULL"]);
    let thirds: ArrayRef = Arc::new(
        Decimal128Array::from(vec![1, 1, 0, 2, 0, 0])
            .with_precision_and_scale(5, 0)
            .unwrap(),
    );
    let average = call("AVG", &[TypeKind::Decimal(5, 0)], false);
    assert_eq!(
        run(&average, &[thirds], &[0, 0, 0, 1, 1, 1]),
        ["0.666667", "0.666667", "NULL"]
    );
}

#[test]
fn spread_matches_the_oracle() {
    let column: ArrayRef = Arc::new(Float64Array::from(vec![4.0, 4.0, 9.0, 1.0]));
    let groups = [0, 0, 0, 1];
    let of = |name| {
        run(
            &call(name, &[TypeKind::Double], false),
            std::slice::from_ref(&column),
            &groups,
        )
    };
    assert_eq!(of("VAR_SAMP")[1..], ["NULL", "NULL"]);
    assert_eq!(of("VAR_POP")[1], "0.0");
    assert!(of("VAR_SAMP")[0].starts_with("8.3333"));
    assert!(of("STDDEV")[0].starts_with("2.8867"));
    let whole = ints(&[Some(1), Some(2), Some(4)]);
    let variance = call("VAR_POP", &[TypeKind::Integer], false);
    assert_eq!(run(&variance, &[whole], &[0, 0, 0])[0], "1");
}

#[test]
fn null_is_counted_skipped_or_kept_as_flink_does() {
    let column = ints(&[None, Some(3), Some(1), Some(3), None]);
    let groups = [0, 0, 0, 0, 1];
    let of = |name, distinct| {
        let call = call(name, &[TypeKind::Integer], distinct);
        run(&call, std::slice::from_ref(&column), &groups)
    };
    assert_eq!(of("COUNT", false), ["3", "0", "0"]);
    assert_eq!(of("COUNT", true), ["2", "0", "0"]);
    assert_eq!(of("APPROX_COUNT_DISTINCT", false), ["2", "0", "0"]);
    assert_eq!(of("SUM", true), ["4", "NULL", "NULL"]);
    assert_eq!(of("FIRST_VALUE", false), ["3", "NULL", "NULL"]);
    assert_eq!(
        of("ARRAY_AGG", false),
        ["[NULL, 3, 1, 3]", "[NULL]", "NULL"]
    );
    assert_eq!(of("ARRAY_AGG", true), ["[NULL, 3, 1]", "[NULL]", "NULL"]);
    assert_eq!(of("COLLECT", false), ["{1: 1, 3: 2}", "{}", "{}"]);
    assert_eq!(of("JSON_ARRAYAGG", false), ["[3,1,3]", "[]", "[]"]);
}

#[test]
fn text_is_joined_and_ordered() {
    let column: ArrayRef = Arc::new(StringArray::from(vec![
        Some("b"),
        None,
        Some("a"),
        Some(""),
    ]));
    let bar: ArrayRef = Arc::new(StringArray::from(vec!["|"; 4]));
    let groups = [0, 0, 0, 1];
    let text = TypeKind::string();
    let joined = call("LISTAGG", &[text.clone(), text.clone()], false);
    assert_eq!(
        run(&joined, &[column.clone(), bar], &groups),
        ["b|a", "", "NULL"]
    );
    for (name, expected) in [("MIN", "a"), ("MAX", "b"), ("LAST_VALUE", "a")] {
        let call = call(name, std::slice::from_ref(&text), false);
        assert_eq!(
            run(&call, std::slice::from_ref(&column), &groups),
            [expected, "", "NULL"]
        );
    }
    let flags: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
    let least = call("MIN", &[TypeKind::Boolean], false);
    assert_eq!(run(&least, &[flags], &[0, 0]), ["false", "NULL", "NULL"]);
}

#[test]
fn json_objects_sort_their_keys() {
    let keys: ArrayRef = Arc::new(StringArray::from(vec!["y", "x", "z"]));
    let values = ints(&[Some(2), Some(1), None]);
    let kinds = [TypeKind::string(), TypeKind::Integer];
    let args = [keys, values];
    let kept = call("JSON_OBJECTAGG", &kinds, false);
    assert_eq!(
        run(&kept, &args, &[0, 0, 1]),
        [r#"{"x":1,"y":2}"#, r#"{"z":null}"#, "{}"]
    );
    let dropped = call("JSON_OBJECTAGG_ABSENT_ON_NULL", &kinds, false);
    assert_eq!(run(&dropped, &args, &[0, 0, 1])[1], "{}");
}

#[test]
fn percentiles_interpolate() {
    let values: ArrayRef = Arc::new(Float64Array::from(vec![10.0, 40.0, 20.0, 30.0]));
    let half: ArrayRef = Arc::new(Float64Array::from(vec![0.25; 4]));
    let quarter = call("PERCENTILE", &[TypeKind::Double, TypeKind::Double], false);
    assert_eq!(
        run(&quarter, &[values, half], &[0, 0, 0, 0]),
        ["17.5", "NULL", "NULL"]
    );
}

#[test]
fn wrong_calls_are_refused_by_name() {
    let text = TypeKind::string().nullable();
    let error = infer("SUM", std::slice::from_ref(&text), false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "SUM does not take (STRING); it takes SUM([DISTINCT] number)"
    );
    let error = infer("STDEV", &[text], false).unwrap_err().to_string();
    assert!(error.ends_with("did you mean STDDEV?"), "{error}");
    assert!(markdown().contains("`COUNT(*)"));
}

#[test]
fn filter_and_kinds_select_rows() {
    let mut counted = call("COUNT", &[TypeKind::Integer], false);
    counted.filter = Some(1);
    let total = call("SUM", &[TypeKind::Integer], false);
    let mut set = AggregateSet::new(&[counted, total], true).unwrap();
    set.resize(1);
    let columns: Vec<ArrayRef> = vec![
        ints(&[Some(5), Some(6), Some(5), Some(9)]),
        Arc::new(BooleanArray::from(vec![
            Some(true),
            Some(true),
            Some(true),
            None,
        ])),
    ];
    let ops = UInt8Array::from(vec![0, 0, 3, 2]);
    set.update(&columns, Some(&ops), &[0, 0, 0, 0]).unwrap();
    let results = set.evaluate(&[0]).unwrap();
    assert_eq!(show(&results[0]), ["1"]);
    assert_eq!(show(&results[1]), ["15"]);
}

/// Functions whose results do not depend on the order of rows.
fn unordered() -> Vec<AggregateCall> {
    let mut calls = Vec::new();
    for name in ["COUNT", "SUM", "AVG", "MIN", "MAX", "COLLECT", "VAR_POP"] {
        for distinct in [false, true] {
            calls.push(call(name, &[TypeKind::Integer], distinct));
        }
    }
    calls
}

proptest! {
    /// However rows are taken back, cut into parts, sent as partial results, frozen and cleared on
    /// the way: the results are those of the rows that remain.
    #[test]
    fn every_way_to_the_same_rows_gives_the_same_results(
        parts in prop::collection::vec(
            prop::collection::vec((prop::option::of(0i32..6), 0u32..3, any::<bool>()), 0..20), 1..5),
    ) {
        for call in unordered() {
            let mut expected = create(&call, false).unwrap();
            expected.resize(3);
            let mut whole = create(&call, true).unwrap();
            whole.resize(3);
            for part in &parts {
                let kept: Vec<_> = part.iter().filter(|(_, _, back)| !back).collect();
                let kept_values = ints(&kept.iter().map(|row| row.0).collect::<Vec<_>>());
                let kept_groups: Vec<u32> = kept.iter().map(|row| row.1).collect();
                expected.accumulate(&[kept_values], &kept_groups).unwrap();

                let mut partial = create(&call, true).unwrap();
                partial.resize(3);
                // Slots that were used before.
                partial.accumulate(&[ints(&[Some(1), None])], &[0, 2]).unwrap();
                partial.clear(&[0, 2]);
                let values = ints(&part.iter().map(|row| row.0).collect::<Vec<_>>());
                let groups: Vec<u32> = part.iter().map(|row| row.1).collect();
                partial.accumulate(&[values], &groups).unwrap();
                let frozen = partial.freeze();
                let before = show(&frozen.evaluate(&[0, 1, 2]).unwrap());
                let back: Vec<_> = part.iter().filter(|(_, _, back)| *back).collect();
                let back_values = ints(&back.iter().map(|row| row.0).collect::<Vec<_>>());
                let back_groups: Vec<u32> = back.iter().map(|row| row.1).collect();
                partial.retract(&[back_values], &back_groups).unwrap();
                prop_assert_eq!(show(&frozen.evaluate(&[0, 1, 2]).unwrap()), before);

                let state = partial.state(&[2, 0, 1]).unwrap();
                for (field, column) in partial.state_fields().iter().zip(&state) {
                    prop_assert_eq!(&field.ty.to_arrow(), column.data_type());
                }
                whole.merge(&[2, 0, 1], &state).unwrap();
            }
            let name = format!("{} distinct={}", call.function, call.distinct);
            let results = |accumulator: &dyn Accumulator| {
                show(&accumulator.evaluate(&[0, 1, 2]).unwrap())
            };
            prop_assert_eq!(results(&*whole), results(&*expected), "{}", name);
        }
    }

    #[test]
    fn lists_keep_order_through_partial_results(
        values in prop::collection::vec(prop::option::of(0i32..5), 0..30), cut in 0usize..30,
    ) {
        for name in ["ARRAY_AGG", "FIRST_VALUE", "LAST_VALUE", "JSON_ARRAYAGG_NULL_ON_NULL"] {
            for (distinct, retractable) in [(false, false), (false, true), (true, true)] {
                let call = call(name, &[TypeKind::Integer], distinct);
                let cut = cut.min(values.len());
                let mut expected = create(&call, retractable).unwrap();
                expected.resize(1);
                expected.accumulate(&[ints(&values)], &vec![0; values.len()]).unwrap();
                let mut first = create(&call, retractable).unwrap();
                first.resize(1);
                first.accumulate(&[ints(&values[..cut])], &vec![0; cut]).unwrap();
                let mut whole = create(&call, retractable).unwrap();
                whole.resize(1);
                whole.merge(&[0], &first.state(&[0]).unwrap()).unwrap();
                whole.accumulate(&[ints(&values[cut..])], &vec![0; values.len() - cut]).unwrap();
                prop_assert_eq!(
                    show(&whole.evaluate(&[0]).unwrap()), show(&expected.evaluate(&[0]).unwrap()), "{}", name
                );
            }
        }
    }
}

#[test]
fn count_of_several_columns_needs_all() {
    let mut several = call("COUNT", &[TypeKind::BigInt, TypeKind::Integer], true);
    several.args = vec![0, 1];
    let left: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(1), None, Some(2)]));
    let right = ints(&[Some(1), Some(1), Some(1), None]);
    let mut accumulator = create(&several, true).unwrap();
    accumulator.resize(1);
    let args = [left, right];
    accumulator.accumulate(&args, &[0; 4]).unwrap();
    accumulator
        .retract(&[args[0].slice(0, 1), args[1].slice(0, 1)], &[0])
        .unwrap();
    let result = accumulator.evaluate(&[0]).unwrap();
    assert_eq!(
        result
            .as_primitive::<arrow::datatypes::Int64Type>()
            .value(0),
        1
    );
}
