//! The SQL/JSON functions of Flink, by name. None is available: statements that use them are refused.

use crate::registry::{Category, ScalarFunction};

const fn absent(name: &'static str) -> ScalarFunction {
    ScalarFunction::refuse(Category::Json, name, "JSON functions are not implemented")
}

pub(crate) static TABLE: &[ScalarFunction] = &[
    absent("JSON_VALUE"),
    absent("JSON_QUERY"),
    absent("JSON_EXISTS"),
    absent("JSON_OBJECT"),
    absent("JSON_ARRAY"),
    absent("JSON_STRING"),
    absent("JSON_QUOTE"),
    absent("JSON_UNQUOTE"),
    absent("JSON_LENGTH"),
    absent("IS JSON"),
    absent("PARSE_JSON"),
    absent("TRY_PARSE_JSON"),
];
