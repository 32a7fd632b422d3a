//! CREATE TABLE .. LIKE: what is taken over from another table (Flink's `MergeTableLikeUtil`).
//!
//! Physical columns always are. The rest is INCLUDING unless said otherwise, options OVERWRITING: a part
//! that both tables have is an error when included, and the new one's when overwriting.

use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{LikeClause, LikeFeature, LikeStrategy};

use crate::catalog::{CatalogTable, Column, ColumnKind};
use crate::error::SqlError;

/// The new table with what it takes from `base`.
pub(super) fn merge(
    base: &CatalogTable,
    new: CatalogTable,
    clause: &LikeClause,
) -> Result<CatalogTable, SqlError> {
    check(clause)?;
    let span = clause.span;
    let mut merged = CatalogTable {
        columns: columns(base, &new, clause)?,
        ..new.clone()
    };
    if let Some(watermark) = &base.watermark {
        match (strategy(clause, LikeFeature::Watermarks), &new.watermark) {
            (LikeStrategy::Excluding, _) | (LikeStrategy::Overwriting, Some(_)) => {}
            (LikeStrategy::Including, Some(_)) => {
                return Err(conflict("a watermark", "WATERMARKS", true, span));
            }
            (_, None) => merged.watermark = Some(watermark.clone()),
        }
    }
    if let Some(key) = &base.primary_key
        && strategy(clause, LikeFeature::Constraints) != LikeStrategy::Excluding
    {
        if new.primary_key.is_some() {
            return Err(conflict("a primary key", "CONSTRAINTS", false, span));
        }
        merged.primary_key = Some(key.clone());
    }
    if !base.partition_keys.is_empty()
        && strategy(clause, LikeFeature::Partitions) != LikeStrategy::Excluding
    {
        if !new.partition_keys.is_empty() {
            return Err(conflict("partitions", "PARTITIONS", false, span));
        }
        merged.partition_keys.clone_from(&base.partition_keys);
    }
    let strategy = strategy(clause, LikeFeature::Options);
    if strategy != LikeStrategy::Excluding {
        let twice = new
            .options
            .keys()
            .find(|key| base.options.contains_key(*key));
        if let (LikeStrategy::Including, Some(key)) = (strategy, twice) {
            return Err(conflict(
                &format!("the option '{key}'"),
                "OPTIONS",
                true,
                span,
            ));
        }
        merged.options.clone_from(&base.options);
        merged.options.extend(new.options);
    }
    Ok(merged)
}

fn columns(
    base: &CatalogTable,
    new: &CatalogTable,
    clause: &LikeClause,
) -> Result<Vec<Column>, SqlError> {
    let feature = |column: &Column| match column.kind {
        ColumnKind::Physical => None,
        ColumnKind::Computed(_) => Some((LikeFeature::Generated, "GENERATED")),
        ColumnKind::Metadata { .. } => Some((LikeFeature::Metadata, "METADATA")),
    };
    let taken = |column: &&Column| match feature(column) {
        None => true,
        Some((feature, _)) => strategy(clause, feature) != LikeStrategy::Excluding,
    };
    let mut columns: Vec<Column> = base.columns.iter().filter(taken).cloned().collect();
    for column in &new.columns {
        let Some(position) = columns.iter().position(|known| known.name == column.name) else {
            columns.push(column.clone());
            continue;
        };
        let what = format!("a column '{}'", column.name);
        match (feature(column), feature(&columns[position])) {
            (Some((feature, word)), Some((same, _))) if feature == same => {
                if strategy(clause, feature) != LikeStrategy::Overwriting {
                    return Err(conflict(&what, word, true, clause.span));
                }
                columns[position] = column.clone();
            }
            _ => {
                return Err(SqlError::invalid(
                    format!("the base table already has {what}"),
                    clause.span,
                )
                .with_help("give the new column another name"));
            }
        }
    }
    Ok(columns)
}

/// How a feature is treated: what is said of it, else of ALL, else the default.
fn strategy(clause: &LikeClause, feature: LikeFeature) -> LikeStrategy {
    let said = |wanted: LikeFeature| {
        let options = clause.options.iter();
        options
            .rev()
            .find(|o| o.feature == wanted)
            .map(|o| o.strategy)
    };
    let default = match feature {
        LikeFeature::Options => LikeStrategy::Overwriting,
        _ => LikeStrategy::Including,
    };
    said(feature)
        .or_else(|| said(LikeFeature::All))
        .unwrap_or(default)
}

fn check(clause: &LikeClause) -> Result<(), SqlError> {
    for option in &clause.options {
        let cannot = matches!(
            option.feature,
            LikeFeature::All
                | LikeFeature::Constraints
                | LikeFeature::Partitions
                | LikeFeature::Distribution
        );
        if option.strategy == LikeStrategy::Overwriting && cannot {
            return Err(SqlError::invalid(
                "OVERWRITING is possible for GENERATED, METADATA, OPTIONS and WATERMARKS only",
                option.span,
            ));
        }
    }
    Ok(())
}

fn conflict(what: &str, feature: &str, can_overwrite: bool, span: Span) -> SqlError {
    let other = if can_overwrite {
        format!(" or OVERWRITING {feature}")
    } else {
        String::new()
    };
    SqlError::invalid(format!("the base table already has {what}"), span)
        .with_help(format!("write EXCLUDING {feature}{other}"))
}
