//! The JSON functions of Flink: asking documents by path, making documents of values, quoting.
//!
//! A document is text, read anew by each call ([`document`]); what is written has its members sorted
//! ([`write`](mod@write)). Paths are [`path`], what they find [`walk`], the three functions that follow them
//! [`extract`], and the clauses of those [`clause`], which is where the convention for calls with clauses
//! is written down. [`build`] makes JSON of values.

mod build;
mod clause;
mod document;
mod extract;
mod number;
mod path;
#[cfg(test)]
mod tests;
mod text;
mod walk;
mod write;

use crate::registry::signature::{Param, Returns, Simple, Typing, takes};
use crate::registry::{Category, Kernel, ScalarFunction};

const C: Category = Category::Json;
const TEXT_TO_TEXT: Typing = takes(&[Param::Str], Returns::Is(Simple::Str));

const fn new(
    name: &'static str,
    signature: &'static str,
    typing: Typing,
    kernel: Kernel,
) -> ScalarFunction {
    ScalarFunction::new(C, name, signature, typing, kernel)
}

const fn is(name: &'static str, signature: &'static str, kernel: Kernel) -> ScalarFunction {
    let test = takes(&[Param::Str], Returns::NotNull(Simple::Bool));
    ScalarFunction::new(C, name, signature, test, kernel)
}

const fn variant(name: &'static str) -> ScalarFunction {
    ScalarFunction::refuse(C, name, "it returns a VARIANT, a type there is not")
}

pub(crate) static TABLE: &[ScalarFunction] = &[
    new(
        "JSON_EXISTS",
        "JSON_EXISTS(json, path [TRUE | FALSE | UNKNOWN | ERROR ON ERROR])",
        Typing::By(clause::exists),
        extract::exists,
    )
    .fails()
    .doc("Whether the path leads to anything but null.", "JSON_EXISTS('{\"a\": 1}', '$.a')"),
    new(
        "JSON_VALUE",
        "JSON_VALUE(json, path [RETURNING type] [NULL | ERROR | DEFAULT x ON EMPTY] [NULL | ERROR | DEFAULT x ON ERROR])",
        Typing::By(clause::value),
        extract::value,
    )
    .fails()
    .doc(
        "The scalar at the path as STRING, or as BOOLEAN, INT or DOUBLE if it is one.",
        "JSON_VALUE('{\"a\": 1}', '$.a')",
    ),
    new(
        "JSON_QUERY",
        "JSON_QUERY(json, path [RETURNING type] [WITHOUT | WITH [CONDITIONAL | UNCONDITIONAL] WRAPPER] \
         [NULL | ERROR | EMPTY ARRAY | EMPTY OBJECT ON EMPTY] [NULL | ERROR | EMPTY ARRAY | EMPTY OBJECT ON ERROR])",
        Typing::By(clause::query),
        extract::query,
    )
    .fails()
    .doc(
        "The array or object at the path as JSON, or the array as ARRAY<STRING>.",
        "JSON_QUERY('{\"a\": [1, 2]}', '$.a')",
    ),
    new("JSON_STRING", "JSON_STRING(any)", Typing::By(build::string_type), build::string)
        .doc("The value as JSON; NULL stays NULL.", "JSON_STRING(ARRAY[1, 2])"),
    new(
        "JSON_OBJECT",
        "JSON_OBJECT([KEY] key VALUE any, ... [NULL ON NULL])",
        Typing::By(build::object_type),
        build::object_null,
    )
    .fails()
    .doc("A JSON object, its members sorted by name.", "JSON_OBJECT('b' VALUE 1, 'a' VALUE 2)"),
    new(
        "JSON_OBJECT_ABSENT_ON_NULL",
        "JSON_OBJECT([KEY] key VALUE any, ... ABSENT ON NULL)",
        Typing::By(build::object_type),
        build::object_absent,
    )
    .fails()
    .doc("A JSON object without the members that are NULL.", "JSON_OBJECT('a' VALUE x ABSENT ON NULL)"),
    new(
        "JSON_ARRAY",
        "JSON_ARRAY(any, ... [ABSENT ON NULL])",
        Typing::By(build::array_type),
        build::array_absent,
    )
    .doc("A JSON array without the values that are NULL.", "JSON_ARRAY(1, NULL, 'x')"),
    new(
        "JSON_ARRAY_NULL_ON_NULL",
        "JSON_ARRAY(any, ... NULL ON NULL)",
        Typing::By(build::array_type),
        build::array_null,
    )
    .doc("A JSON array.", "JSON_ARRAY(1, NULL, 'x' NULL ON NULL)"),
    new("JSON", "JSON(string)", Typing::By(build::document_type), build::document)
        .fails()
        .doc(
            "The text as JSON rather than as a string, inside JSON_OBJECT and JSON_ARRAY.",
            "JSON_ARRAY(JSON('{\"a\": 1}'))",
        ),
    new("JSON_QUOTE", "JSON_QUOTE(string)", TEXT_TO_TEXT, text::quote)
        .doc("The text as a JSON string, in ASCII.", "JSON_QUOTE('a\"b')"),
    new("JSON_UNQUOTE", "JSON_UNQUOTE(string)", TEXT_TO_TEXT, text::unquote)
        .doc("The text of a JSON string; other text as it is.", "JSON_UNQUOTE('\"a\"')"),
    is("IS JSON VALUE", "string IS JSON [VALUE]", text::is_value)
        .alias(&["IS JSON"])
        .doc("Whether it is JSON; FALSE for NULL.", "'[1]' IS JSON"),
    is("IS NOT JSON VALUE", "string IS NOT JSON [VALUE]", text::is_not_value)
        .alias(&["IS NOT JSON"])
        .doc("Whether it is no JSON; TRUE for NULL.", "'[1' IS NOT JSON"),
    is("IS JSON OBJECT", "string IS JSON OBJECT", text::is_object)
        .doc("Whether it is a JSON object.", "'{}' IS JSON OBJECT"),
    is("IS NOT JSON OBJECT", "string IS NOT JSON OBJECT", text::is_not_object)
        .doc("Whether it is no JSON object.", "'[]' IS NOT JSON OBJECT"),
    is("IS JSON ARRAY", "string IS JSON ARRAY", text::is_array)
        .doc("Whether it is a JSON array.", "'[]' IS JSON ARRAY"),
    is("IS NOT JSON ARRAY", "string IS NOT JSON ARRAY", text::is_not_array)
        .doc("Whether it is no JSON array.", "'{}' IS NOT JSON ARRAY"),
    is("IS JSON SCALAR", "string IS JSON SCALAR", text::is_scalar)
        .doc("Whether it is a JSON string, number, true, false or null.", "'1' IS JSON SCALAR"),
    is("IS NOT JSON SCALAR", "string IS NOT JSON SCALAR", text::is_not_scalar)
        .doc("Whether it is no JSON scalar.", "'{}' IS NOT JSON SCALAR"),
    variant("PARSE_JSON"),
    variant("TRY_PARSE_JSON"),
];
