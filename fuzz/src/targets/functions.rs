//! Modules of users' functions: what compiles is called with a few rows.

use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::TypeKind;
use alpheus_udf::abi::ColumnType;
use alpheus_udf::{Code, Limits, declarations};
use arrow::array::{ArrayRef, Int32Array, StringArray};

use crate::Target;

pub(super) const MODULES: Target = Target {
    name: "functions",
    run,
    seeds,
    words: &[
        "FUNCTION count_char(STRING, STRING) RETURNS BIGINT",
        "AGGREGATE",
        "RETURNS",
        "alpheus_describe",
        "alpheus_alloc",
        "memory",
        "\0asm",
    ],
};

fn seeds() -> Vec<Vec<u8>> {
    vec![
        include_bytes!("../../../examples/udf/count_char.wasm").to_vec(),
        include_bytes!("../../../examples/udf/sum_of_squares.wasm").to_vec(),
    ]
}

fn run(bytes: &[u8]) {
    let limits = Limits {
        memory: 1 << 20,
        fuel_per_row: 1_000,
        timeout: Duration::from_millis(500),
    };
    let Ok(code) = Code::compile(bytes, limits) else {
        return;
    };
    let Ok(found) = declarations(&code) else {
        return;
    };
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("banana"), None, Some("größe")]));
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![0, 1, 0]));
    let types = [TypeKind::BigInt, TypeKind::string(), TypeKind::Boolean];
    for declaration in found {
        for entry in [
            declaration.name.clone(),
            format!("{}_merge", declaration.name),
        ] {
            for ty in &types {
                if let Ok(ty) = ColumnType::new(&ty.clone().nullable()) {
                    let args = [Arc::clone(&texts), Arc::clone(&numbers), Arc::clone(&texts)];
                    let _ = code.call(&entry, &args, 3, &ty, 3);
                }
            }
        }
    }
}
