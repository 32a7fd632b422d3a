//! `/*+ LOOKUP('table' = 'b', 'retry-predicate' = 'lookup_miss', ..) */` behind SELECT: how a lookup join asks
//! its table (Flink's `LookupJoinHintOptions`).
//!
//! A lookup join here reads the whole table into memory (Flink's FULL cache), where a lookup that finds nothing
//! would find nothing again, and where none waits for an answer: retries and asynchronous lookups mean
//! nothing, as Flink's documentation says of a FULL cache. So the hint is checked as Flink checks it, and
//! changes no plan.

use alpheus_hadoop_conf::parse_duration;
use alpheus_sql_parser::ast::{Hint, HintArg, OptionPair};

use crate::error::SqlError;

const RETRY: [&str; 4] = [
    "retry-predicate",
    "retry-strategy",
    "fixed-delay",
    "max-attempts",
];

/// Checks the hint; the name of the table that it is about.
pub(super) fn check(hint: &Hint) -> Result<String, SqlError> {
    let mut table = None;
    let mut retry = Vec::new();
    for arg in &hint.args {
        let HintArg::Pair(pair) = arg else {
            return Err(SqlError::invalid(
                "LOOKUP takes pairs such as 'table' = 'b'",
                hint.span,
            ));
        };
        let key = pair.key.value.as_str();
        let value = pair.value.value.as_str();
        match key {
            "table" => table = Some(value.to_owned()),
            "async" | "shuffle" => one_of(pair, &["true", "false"])?,
            "output-mode" => one_of(pair, &["ordered", "allow_unordered"])?,
            "retry-predicate" => one_of(pair, &["lookup_miss"])?,
            "retry-strategy" => one_of(pair, &["fixed_delay"])?,
            "capacity" | "max-attempts" => {
                if !value.parse::<i32>().is_ok_and(|number| number > 0) {
                    return Err(wrong(pair, "a whole number from 1 on"));
                }
            }
            "timeout" | "fixed-delay" => {
                if !parse_duration(value).is_ok_and(|duration| !duration.is_zero()) {
                    return Err(wrong(pair, "a duration longer than 0, for example '10 s'"));
                }
            }
            _ => {
                let known = [
                    "table",
                    "async",
                    "shuffle",
                    "output-mode",
                    "capacity",
                    "timeout",
                ];
                let error =
                    SqlError::invalid(format!("the hint LOOKUP has no option '{key}'"), pair.span);
                return Err(error.suggesting(key, known.into_iter().chain(RETRY)));
            }
        }
        if RETRY.contains(&key) {
            retry.push(key);
        }
    }
    let Some(table) = table else {
        return Err(SqlError::invalid(
            "the hint LOOKUP needs 'table', the name of the table that is looked up",
            hint.span,
        ));
    };
    if let Some(missing) = RETRY.iter().find(|key| !retry.contains(key))
        && !retry.is_empty()
    {
        return Err(SqlError::invalid(
            format!("the hint LOOKUP has '{}' but not '{missing}'", retry[0]),
            hint.span,
        )
        .with_help(
            "retrying takes 'retry-predicate', 'retry-strategy', 'fixed-delay' and 'max-attempts'",
        ));
    }
    Ok(table)
}

fn one_of(pair: &OptionPair, allowed: &[&str]) -> Result<(), SqlError> {
    let value = &pair.value.value;
    match allowed.iter().any(|word| word.eq_ignore_ascii_case(value)) {
        true => Ok(()),
        false => Err(wrong(pair, &allowed.join(" or "))),
    }
}

fn wrong(pair: &OptionPair, expected: &str) -> SqlError {
    let (key, value) = (&pair.key.value, &pair.value.value);
    let message = format!("'{key}' of the hint LOOKUP cannot be '{value}': expected {expected}");
    SqlError::invalid(message, pair.span)
}
