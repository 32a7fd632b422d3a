//! The table of text functions.

use super::case;
use crate::registry::signature::{Param, Returns, Simple, Typing, takes};
use crate::registry::{Category, ScalarFunction};

const C: Category = Category::String;
const TEXT_TO_TEXT: Typing = takes(&[Param::Str], Returns::Is(Simple::Str));

pub(crate) static TABLE: &[ScalarFunction] = &[
    ScalarFunction::new(C, "UPPER", "UPPER(string)", TEXT_TO_TEXT, case::upper)
        .doc("In upper case.", "UPPER('abc')"),
    ScalarFunction::new(C, "LOWER", "LOWER(string)", TEXT_TO_TEXT, case::lower)
        .doc("In lower case.", "LOWER('ABC')"),
];
