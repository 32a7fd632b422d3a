//! Whole modules: what they compute, and what they cannot do.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::user_functions::{UserFunctionKind, UserFunctionSpec, user_function_id};
use alpheus_dataflow::{AggregateCall, LogicalType, TypeKind};
use alpheus_functions::aggregate;
use alpheus_functions::user::{self, UserImplementation};
use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray};
use arrow::datatypes::{Float64Type, Int64Type};

use crate::{Limits, UdfError, functions_of, install, register, registered_in};

const COUNT_CHAR: &str = include_str!("../../examples/udf/count_char.wat");
const SUM_OF_SQUARES: &str = include_str!("../../examples/udf/sum_of_squares.wat");

/// A module around the body of `f(BIGINT) RETURNS BIGINT`.
fn module(body: &str) -> String {
    module_with("FUNCTION f(BIGINT) RETURNS BIGINT", "", body)
}

fn module_with(declaration: &str, more: &str, body: &str) -> String {
    let length = declaration.len();
    format!(
        r#"(module
          {more}
          (memory (export "memory") 1)
          (data (i32.const 16) "{declaration}")
          (func (export "alpheus_abi") (result i32) (i32.const 1))
          (func (export "alpheus_describe") (result i64)
            (i64.or (i64.shl (i64.const {length}) (i64.const 32)) (i64.const 16)))
          (func (export "alpheus_alloc") (param i32) (result i32) (i32.const 1024))
          (func (export "alpheus_reset"))
          (func (export "f") (param $args i32) (param $rows i32) (param $out i32) (result i32)
            {body}))"#
    )
}

fn install_text(
    text: &str,
    arg: TypeKind,
    result: LogicalType,
    limits: Limits,
) -> Result<String, UdfError> {
    let bytes = wat::parse_str(text).unwrap();
    let (module, found) = functions_of(&bytes, limits)?;
    let entry = found[0].name.clone();
    let id = user_function_id(&format!("test.{entry}"), &module);
    register(UserFunctionSpec {
        id: id.clone(),
        module,
        entry,
        kind: found[0].kind,
        arg_types: vec![arg.nullable(); found[0].args.len()],
        result,
    })?;
    Ok(id)
}

fn call(id: &str, args: &[ArrayRef]) -> Result<ArrayRef, String> {
    match &user::find(id).unwrap().implementation {
        UserImplementation::Scalar(scalar) => scalar
            .call(args, args[0].len())
            .map_err(|error| error.to_string()),
        UserImplementation::Aggregate(_) => panic!("an aggregate"),
    }
}

/// What a call of `f` with one row gives.
fn outcome(body: &str) -> Result<ArrayRef, String> {
    let limits = Limits {
        memory: 1 << 20,
        fuel_per_row: 10_000,
        timeout: Duration::from_secs(20),
    };
    let id = install_text(
        &module(body),
        TypeKind::BigInt,
        TypeKind::BigInt.nullable(),
        limits,
    );
    call(
        &id.map_err(|error| error.to_string())?,
        &[Arc::new(Int64Array::from(vec![7]))],
    )
}

#[test]
fn characters_are_counted() {
    let text = TypeKind::string();
    let id = install_text(
        COUNT_CHAR,
        text,
        TypeKind::BigInt.nullable(),
        Limits::default(),
    )
    .unwrap();
    let texts = StringArray::from(vec![
        Some("banana"),
        None,
        Some(""),
        Some("größe"),
        Some("aaa"),
        Some("x"),
    ]);
    let chars = StringArray::from(vec![
        Some("a"),
        Some("a"),
        Some("a"),
        Some("ö"),
        Some("aa"),
        None,
    ]);
    let counts = call(&id, &[Arc::new(texts), Arc::new(chars)]).unwrap();
    let counts: Vec<Option<i64>> = counts.as_primitive::<Int64Type>().iter().collect();
    assert_eq!(counts, [Some(3), None, Some(0), Some(1), Some(1), None]);
    // A batch larger than the memory that the module starts with, again and again.
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["hello world"; 20_000]));
    let chars: ArrayRef = Arc::new(StringArray::from(vec!["o"; 20_000]));
    for _ in 0..3 {
        let counts = call(&id, &[Arc::clone(&texts), Arc::clone(&chars)]).unwrap();
        assert!(
            counts
                .as_primitive::<Int64Type>()
                .iter()
                .all(|count| count == Some(2))
        );
    }
}

#[test]
fn an_aggregate_adds_retracts_merges_and_is_restored() {
    let double = TypeKind::Double;
    let id = install_text(
        SUM_OF_SQUARES,
        double.clone(),
        double.clone().nullable(),
        Limits::default(),
    )
    .unwrap();
    let aggregate_call = AggregateCall {
        function: id,
        args: vec![0],
        arg_types: vec![double.clone().nullable()],
        distinct: false,
        filter: None,
        order_by: Vec::new(),
        ty: double.nullable(),
    };
    let column = |values: Vec<Option<f64>>| -> ArrayRef { Arc::new(Float64Array::from(values)) };
    let results = |accumulator: &dyn aggregate::Accumulator, groups: &[u32]| -> Vec<f64> {
        let result = accumulator.evaluate(groups).unwrap();
        result.as_primitive::<Float64Type>().values().to_vec()
    };
    let mut one = aggregate::create(&aggregate_call, true).unwrap();
    one.resize(4);
    let values = column(vec![Some(1.0), Some(2.0), None, Some(3.0), Some(4.0)]);
    one.accumulate(&[values], &[2, 0, 0, 2, 1]).unwrap();
    one.retract(&[column(vec![Some(3.0)])], &[2]).unwrap();
    assert_eq!(results(&*one, &[0, 1, 2, 3]), [4.0, 16.0, 1.0, 0.0]);
    let frozen = one.freeze();
    one.clear(&[1]);
    assert_eq!(results(&*one, &[1]), [0.0]);
    assert_eq!(results(&*frozen, &[1]), [16.0], "what is frozen stays");
    // Into another table, two groups into one.
    let state = frozen.state(&[0, 1, 3]).unwrap();
    let mut two = aggregate::create(&aggregate_call, false).unwrap();
    two.resize(2);
    two.merge(&[1, 1, 0], &state).unwrap();
    assert_eq!(results(&*two, &[0, 1]), [0.0, 20.0]);
    assert!(
        two.state(&[0]).unwrap()[0].is_null(0),
        "an empty group has no state"
    );
}

#[test]
fn a_module_cannot_reach_out() {
    let imports = "(import \"wasi_snapshot_preview1\" \"fd_write\" (func (param i32 i32 i32 i32) (result i32)))";
    let text = module_with(
        "FUNCTION f(BIGINT) RETURNS BIGINT",
        imports,
        "(i32.const 0)",
    );
    let bytes = wat::parse_str(text).unwrap();
    let error = functions_of(&bytes, Limits::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("imports 'wasi_snapshot_preview1.fd_write'"),
        "{error}"
    );
}

#[test]
fn what_is_no_module_is_refused() {
    let limits = Limits::default();
    for bytes in [&b""[..], b"not wasm", b"\0asm\x01\0\0\0\x01"] {
        let error = functions_of(bytes, limits).unwrap_err();
        assert!(matches!(error, UdfError::Invalid { .. }), "{error}");
    }
    let bare = wat::parse_str("(module (memory (export \"memory\") 1))").unwrap();
    let error = functions_of(&bare, limits).unwrap_err().to_string();
    assert!(error.contains("alpheus_abi"), "{error}");
    let text = module_with("FUNCTION g(BIGINT) RETURNS BIGINT", "", "(i32.const 0)");
    let error = functions_of(&wat::parse_str(text).unwrap(), limits)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("does not export a function 'g(i32, i32, i32) -> (i32)'"),
        "{error}"
    );
    let text = module("(i32.const 0)")
        .replace("(result i32) (i32.const 1))", "(result i32) (i32.const 2))");
    let error = functions_of(&wat::parse_str(text).unwrap(), limits)
        .unwrap_err()
        .to_string();
    assert!(error.contains("version 2"), "{error}");
}

#[test]
fn limits_hold() {
    let endless = "(loop $again (br $again)) (i32.const 0)";
    let error = outcome(endless).unwrap_err();
    assert!(error.contains("table.exec.wasm.fuel-per-row"), "{error}");
    let error = outcome("(drop (memory.grow (i32.const 1000))) (i32.const 0)").unwrap_err();
    assert!(error.contains("table.exec.wasm.memory-limit"), "{error}");
    let patient = Limits {
        fuel_per_row: u64::MAX,
        timeout: Duration::from_millis(30),
        ..Limits::default()
    };
    let big = TypeKind::BigInt;
    // A trailing comment makes it another module than the one above.
    let text = module(
        &format!("{endless} (; for ever ;) (drop (i32.const 5)) (i32.const 0)")
            .replace("(i32.const 0) (;", "(;"),
    );
    let id = install_text(&text, big.clone(), big.nullable(), patient).unwrap();
    let error = call(&id, &[Arc::new(Int64Array::from(vec![7]))]).unwrap_err();
    assert!(
        error.contains("longer than 30 ms") && error.contains("table.exec.wasm.timeout"),
        "{error}"
    );
}

#[test]
fn traps_are_errors_and_the_next_call_starts_afresh() {
    for (body, part) in [
        ("unreachable", "unreachable"),
        ("(i32.div_u (i32.const 1) (i32.const 0))", "divide by zero"),
        ("(i32.load (i32.const -8))", "out of bounds memory access"),
        ("(i32.const 5)", "code 5"),
    ] {
        let error = outcome(body).unwrap_err();
        assert!(
            error.starts_with("the function test.f: ") && error.contains(part),
            "{error}"
        );
    }
    // Fails when it is called for the second time with the same memory.
    let once = "(if (i32.load (i32.const 512)) (then unreachable)) (i32.store (i32.const 512) (i32.const 1))
        (i32.store (local.get $out) (i32.const 1)) (i32.store offset=8 (local.get $out) (i32.const 600)) (i32.const 0)";
    let big = TypeKind::BigInt;
    let id = install_text(
        &module(once),
        big.clone(),
        big.nullable(),
        Limits::default(),
    )
    .unwrap();
    let row: [ArrayRef; 1] = [Arc::new(Int64Array::from(vec![7]))];
    let outcomes: Vec<bool> = (0..4).map(|_| call(&id, &row).is_ok()).collect();
    assert_eq!(outcomes, [true, false, true, false]);
}

#[test]
fn deep_recursion_is_an_error() {
    let text = module("(call $deep (i32.const 0))").replace(
        "(func (export \"f\")",
        "(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1))) (func (export \"f\")",
    );
    let big = TypeKind::BigInt;
    let generous = Limits {
        fuel_per_row: u64::MAX,
        ..Limits::default()
    };
    let id = install_text(&text, big.clone(), big.nullable(), generous).unwrap();
    let error = call(&id, &[Arc::new(Int64Array::from(vec![7]))]).unwrap_err();
    assert!(error.contains("call stack exhausted"), "{error}");
}

#[test]
fn a_module_says_what_is_wrong() {
    let body = "(i32.store (local.get $out) (i32.const 8)) (i32.store offset=12 (local.get $out) (i32.const 26)) (i32.const 1)";
    assert_eq!(outcome(body).unwrap_err(), "the function test.f: (BIGINT)");
}

#[test]
fn answers_are_not_believed() {
    for (body, part) in [
        ("(i32.const 0)", "it has 0 values"),
        (
            "(i32.store (local.get $out) (i32.const 1)) (i32.store offset=8 (local.get $out) (i32.const -8)) (i32.const 0)",
            "beyond its memory",
        ),
    ] {
        let error = outcome(body).unwrap_err();
        assert!(error.contains("BIGINT") && error.contains(part), "{error}");
    }
}

#[test]
fn a_job_takes_its_functions_along() {
    let text = module("(i32.const 0) (drop (i64.const 42)) (drop (i32.const 9)) (i32.const 0)")
        .replace("(i32.const 0) (drop (i64", "(drop (i64");
    let big = TypeKind::BigInt;
    let id = install_text(&text, big.clone(), big.nullable(), Limits::default()).unwrap();
    assert!(registered_in("{\"function\":\"UPPER\"}").is_empty());
    let taken = registered_in(&format!("{{\"function\":\"{id}\"}}"));
    assert_eq!((taken.functions.len(), taken.modules.len()), (1, 1));
    assert_eq!(taken.functions[0].kind, UserFunctionKind::Scalar);
    install(&taken, Limits::default()).unwrap();
    let mut forged = taken;
    for code in forged.modules.values_mut() {
        code.0 = Arc::from(wat::parse_str("(module)").unwrap());
    }
    let error = install(&forged, Limits::default()).unwrap_err().to_string();
    assert!(error.contains("digest"), "{error}");
}

/// The built modules beside their text; `UPDATE_EXAMPLES=1` builds them anew.
#[test]
fn the_built_examples_are_those_of_the_text() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/udf");
    for (name, text) in [
        ("count_char", COUNT_CHAR),
        ("sum_of_squares", SUM_OF_SQUARES),
    ] {
        let path = folder.join(format!("{name}.wasm"));
        let bytes = wat::parse_str(text).unwrap();
        if std::env::var_os("UPDATE_EXAMPLES").is_some() {
            std::fs::write(&path, &bytes).unwrap();
        }
        assert!(
            std::fs::read(&path).unwrap() == bytes,
            "{} is not built from its text",
            path.display()
        );
    }
}
