//! SHOW CREATE: statements that make an object again, in Flink's layout.

use std::collections::BTreeMap;

use super::{CatalogDefinition, CatalogTable, CatalogView, Column, ColumnKind, ObjectPath};

fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn quoted_list<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<String> = names.iter().map(|name| quote(name.as_ref())).collect();
    names.join(", ")
}

/// The CREATE TABLE statement of a table.
pub fn show_create_table(path: &ObjectPath, table: &CatalogTable, temporary: bool) -> String {
    let mut elements: Vec<String> = table.columns.iter().map(column).collect();
    if let Some(watermark) = &table.watermark {
        elements.push(format!(
            "WATERMARK FOR {} AS {}",
            quote(&watermark.column),
            watermark.expr
        ));
    }
    if let Some(key) = &table.primary_key {
        elements.push(format!(
            "CONSTRAINT {} PRIMARY KEY ({}) NOT ENFORCED",
            quote(&key.name),
            quoted_list(&key.columns)
        ));
    }
    let mut text = format!(
        "CREATE {}TABLE {} (\n  {}\n)",
        if temporary { "TEMPORARY " } else { "" },
        path.quoted(),
        elements.join(",\n  ")
    );
    if let Some(comment) = &table.comment {
        text += &format!("\nCOMMENT {}", string(comment));
    }
    if !table.partition_keys.is_empty() {
        text += &format!("\nPARTITIONED BY ({})", quoted_list(&table.partition_keys));
    }
    text + &with(&table.options)
}

fn column(column: &Column) -> String {
    let mut text = match &column.kind {
        ColumnKind::Physical => format!("{} {}", quote(&column.name), column.ty),
        ColumnKind::Computed(expr) => format!("{} AS {expr}", quote(&column.name)),
        ColumnKind::Metadata { key, is_virtual } => {
            let from = key.as_ref().map(|key| format!(" FROM {}", string(key)));
            format!(
                "{} {} METADATA{}{}",
                quote(&column.name),
                column.ty,
                from.unwrap_or_default(),
                if *is_virtual { " VIRTUAL" } else { "" }
            )
        }
    };
    if let Some(comment) = &column.comment {
        text += &format!(" COMMENT {}", string(comment));
    }
    text
}

fn with(options: &BTreeMap<String, String>) -> String {
    if options.is_empty() {
        return "\n".to_owned();
    }
    let pairs: Vec<String> = options
        .iter()
        .map(|(key, value)| format!("  {} = {}", string(key), string(value)))
        .collect();
    format!("\nWITH (\n{}\n)\n", pairs.join(",\n"))
}

/// The CREATE VIEW statement of a view.
pub fn show_create_view(path: &ObjectPath, view: &CatalogView, temporary: bool) -> String {
    let names: Vec<&str> = view.columns.iter().map(|c| c.name.as_str()).collect();
    let comment = view
        .comment
        .as_ref()
        .map(|text| format!("\nCOMMENT {}", string(text)));
    format!(
        "CREATE {}VIEW {} (\n  {}\n){}\nAS {}\n",
        if temporary { "TEMPORARY " } else { "" },
        path.quoted(),
        names
            .iter()
            .map(|name| quote(name))
            .collect::<Vec<_>>()
            .join(",\n  "),
        comment.unwrap_or_default(),
        view.query
    )
}

/// The CREATE CATALOG statement of a catalog.
pub fn show_create_catalog(name: &str, definition: &CatalogDefinition) -> String {
    let comment = definition
        .comment
        .as_ref()
        .map(|text| format!("\nCOMMENT {}", string(text)));
    format!(
        "CREATE CATALOG {}{}{}",
        quote(name),
        comment.unwrap_or_default(),
        with(&definition.options)
    )
}
