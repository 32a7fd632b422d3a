//! Hints behind SELECT: LOOKUP, and `/*+ STATE_TTL('t' = '1 d') */`: how long a join or aggregate of this SELECT keeps state of
//! the rows of a table, instead of `table.exec.state.ttl`.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_hadoop_conf::parse_duration;
use alpheus_sql_parser::ast::{Hint, HintArg, Select, TableRef, TableRefKind};

use super::{Binder, lookup_hint};
use crate::error::SqlError;
use crate::rel::{Rel, RelNode};

impl<'a> Binder<'a> {
    /// The binder for FROM of a SELECT: it marks the tables that its hints name.
    pub(super) fn hinted(&self, select: &Select) -> Result<Binder<'a>, SqlError> {
        let mut binder = self.clone();
        binder.state_ttl.clear();
        for hint in &select.hints {
            let name = hint.name.value.to_ascii_uppercase();
            let tables: Vec<String> = match name.as_str() {
                "STATE_TTL" => {
                    read(hint, &mut binder.state_ttl)?;
                    binder.state_ttl.keys().cloned().collect()
                }
                "LOOKUP" => vec![lookup_hint::check(hint)?],
                _ => {
                    return Err(SqlError::unsupported(
                        format!("the hint {}", hint.name.value),
                        hint.span,
                    )
                    .with_help("STATE_TTL(..) and LOOKUP(..) behind SELECT and OPTIONS(..) behind a table's name are there"));
                }
            };
            let mut names = Vec::new();
            select
                .from
                .iter()
                .for_each(|table| name_tables(table, &mut names));
            if let Some(unknown) = tables.iter().find(|name| !names.contains(name)) {
                let names = names.iter().map(String::as_str);
                return Err(SqlError::invalid(
                    format!("the hint {name} names '{unknown}', which is no table of this SELECT"),
                    hint.span,
                )
                .suggesting(unknown, names));
            }
        }
        Ok(binder)
    }

    /// The rows of a table of FROM, marked if a hint names it.
    pub(super) fn with_state_ttl(&self, rel: Arc<Rel>, table: &TableRef) -> Arc<Rel> {
        let ttl = name_of(table).and_then(|name| self.state_ttl.get(&name));
        match ttl {
            Some(&ttl_ms) if self.is_streaming() => Arc::new(Rel {
                schema: rel.schema.clone(),
                node: RelNode::StateTtl { input: rel, ttl_ms },
            }),
            _ => rel,
        }
    }
}

fn read(hint: &Hint, ttl: &mut BTreeMap<String, u64>) -> Result<(), SqlError> {
    for arg in &hint.args {
        let HintArg::Pair(pair) = arg else {
            return Err(SqlError::invalid(
                "STATE_TTL takes pairs such as 'table' = '1 d'",
                hint.span,
            ));
        };
        let duration = parse_duration(&pair.value.value).map_err(|expected| {
            let message = format!(
                "STATE_TTL of '{}' cannot be '{}'",
                pair.key.value, pair.value.value
            );
            SqlError::invalid(message, pair.span).with_note(expected)
        })?;
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        ttl.insert(pair.key.value.clone(), ms);
    }
    Ok(())
}

/// What a table of FROM is called.
fn name_of(table: &TableRef) -> Option<String> {
    match (&table.alias, &table.kind) {
        (Some(alias), _) => Some(alias.name.value.clone()),
        (None, TableRefKind::Named { name, .. }) => Some(name.last().value.clone()),
        _ => None,
    }
}

fn name_tables(table: &TableRef, names: &mut Vec<String>) {
    if let TableRefKind::Join(join) = &table.kind {
        name_tables(&join.left, names);
        name_tables(&join.right, names);
    }
    names.extend(name_of(table));
}
