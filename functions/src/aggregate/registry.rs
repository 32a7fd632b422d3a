//! The table of aggregate functions, for the planner's checks and for the documentation.

use std::fmt::Write;

/// One aggregate function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregateDescription {
    /// Canonical upper-case name.
    pub name: &'static str,
    /// How it is called.
    pub signature: &'static str,
    /// What it gives.
    pub description: &'static str,
}

macro_rules! table {
    ($($name:literal, $signature:literal, $description:literal;)*) => {
        &[$(AggregateDescription { name: $name, signature: $signature, description: $description }),*]
    };
}

const FUNCTIONS: &[AggregateDescription] = table! {
    "COUNT", "COUNT(*), COUNT([DISTINCT] value)", "Number of rows, or of rows whose value is not NULL. BIGINT NOT NULL.";
    "SUM", "SUM([DISTINCT] number)", "Sum of the values that are not NULL; NULL when there is none. Keeps the type of integers and wraps; DECIMAL(p, s) gives DECIMAL(38, s).";
    "AVG", "AVG([DISTINCT] number)", "Mean of the values that are not NULL, in the argument's type: integers are cut towards zero, DECIMAL(p, s) gives DECIMAL(38, max(6, s)).";
    "MIN", "MIN(value)", "Least value that is not NULL.";
    "MAX", "MAX(value)", "Greatest value that is not NULL.";
    "FIRST_VALUE", "FIRST_VALUE(value)", "First value that is not NULL, in order of arrival.";
    "LAST_VALUE", "LAST_VALUE(value)", "Last value that is not NULL, in order of arrival.";
    "LISTAGG", "LISTAGG([DISTINCT] string [, separator])", "The strings that are not NULL, joined in order of arrival; the separator is ',' unless given.";
    "ARRAY_AGG", "ARRAY_AGG([DISTINCT] value)", "All values in order of arrival, NULL included.";
    "COLLECT", "COLLECT([DISTINCT] value)", "MULTISET of the values that are not NULL.";
    "STDDEV_POP", "STDDEV_POP(number)", "Population standard deviation.";
    "STDDEV_SAMP", "STDDEV_SAMP(number)", "Sample standard deviation; NULL for a single value.";
    "STDDEV", "STDDEV(number)", "The same as STDDEV_SAMP.";
    "VAR_POP", "VAR_POP(number)", "Population variance.";
    "VAR_SAMP", "VAR_SAMP(number)", "Sample variance; NULL for a single value.";
    "VARIANCE", "VARIANCE(number)", "The same as VAR_SAMP.";
    "APPROX_COUNT_DISTINCT", "APPROX_COUNT_DISTINCT(value)", "Number of distinct values; exact here.";
    "PERCENTILE", "PERCENTILE(number, percentage [, frequency])", "The value at a percentage between 0.0 and 1.0, interpolated; an array of percentages gives an array.";
    "JSON_OBJECTAGG", "JSON_OBJECTAGG([KEY] key VALUE value [{NULL | ABSENT} ON NULL])", "JSON object of the pairs; NULL values are kept unless ABSENT ON NULL.";
    "JSON_ARRAYAGG", "JSON_ARRAYAGG(value [{NULL | ABSENT} ON NULL])", "JSON array of the values in order of arrival; NULL is left out unless NULL ON NULL.";
};

/// Forms of the JSON functions by their treatment of NULL, as the planner names them.
const VARIANTS: &[(&str, &str)] = &[
    ("JSON_OBJECTAGG_NULL_ON_NULL", "JSON_OBJECTAGG"),
    ("JSON_OBJECTAGG_ABSENT_ON_NULL", "JSON_OBJECTAGG"),
    ("JSON_ARRAYAGG_NULL_ON_NULL", "JSON_ARRAYAGG"),
    ("JSON_ARRAYAGG_ABSENT_ON_NULL", "JSON_ARRAYAGG"),
];

/// All aggregate functions, in the order of the documentation.
pub fn all() -> &'static [AggregateDescription] {
    FUNCTIONS
}

/// The function of that canonical name, or of that variant.
pub(super) fn find(name: &str) -> Option<&'static AggregateDescription> {
    let variant = VARIANTS.iter().find(|(variant, _)| *variant == name);
    let name = variant.map_or(name, |(_, name)| name);
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The most similar name, when one is similar at all.
pub(super) fn nearest(name: &str) -> Option<String> {
    let names = FUNCTIONS.iter().map(|function| function.name);
    let best = names.min_by_key(|candidate| distance(name, candidate))?;
    (distance(name, best) <= name.len().div_ceil(3)).then(|| best.to_owned())
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The table as Markdown, for docs/sql.md.
pub fn markdown() -> String {
    let mut text = String::from("| Function | Result |\n|---|---|\n");
    for function in FUNCTIONS {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| `{}` | {} |",
            function.signature.replace('|', "\\|"),
            function.description
        );
    }
    text
}
