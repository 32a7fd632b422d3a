//! `/*+ OPTIONS('key' = 'value') */` behind a table's name.

use std::collections::BTreeMap;

use alpheus_hadoop_conf::options;
use alpheus_sql_parser::ast::{Hint, HintArg};

use super::Binder;
use crate::error::SqlError;

impl Binder<'_> {
    /// The options that the hints of a table set.
    pub(super) fn table_hints(&self, hints: &[Hint]) -> Result<BTreeMap<String, String>, SqlError> {
        let mut set = BTreeMap::new();
        for hint in hints {
            if !hint.name.value.eq_ignore_ascii_case("OPTIONS") {
                return Err(SqlError::unsupported(
                    format!("the hint {}", hint.name.value),
                    hint.span,
                )
                .with_help("OPTIONS(..) is the only hint there is"));
            }
            let allowed = self
                .configuration
                .get(&options::table::DYNAMIC_TABLE_OPTIONS);
            if !allowed.unwrap_or(true) {
                return Err(
                    SqlError::invalid("the OPTIONS hint is not allowed", hint.span)
                        .with_help("SET 'table.dynamic-table-options.enabled' = 'true'"),
                );
            }
            for arg in &hint.args {
                let HintArg::Pair(pair) = arg else {
                    return Err(SqlError::invalid(
                        "OPTIONS takes pairs such as 'key' = 'value'",
                        hint.span,
                    ));
                };
                if pair.key.value == "connector" {
                    return Err(SqlError::invalid(
                        "the option 'connector' cannot be changed by a hint",
                        pair.span,
                    ));
                }
                set.insert(pair.key.value.clone(), pair.value.value.clone());
            }
        }
        Ok(set)
    }
}
