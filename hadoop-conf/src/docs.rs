//! The documentation of all options as Markdown, from which `docs/configuration.md` is made.

use std::fmt::Write;

use crate::{OptionSpec, sections};

/// One table per section: key, default, type, description.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::new();
    for section in sections() {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "## {}\n\n| Key | Default | Type | Description |\n|---|---|---|---|\n",
            section.title
        );
        for spec in section.options {
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} |",
                spec.key,
                spec.default
                    .map_or_else(|| "(none)".to_owned(), |default| format!("`{default}`")),
                spec.type_name,
                description(spec),
            );
        }
        text.push('\n');
    }
    text
}

fn description(spec: &OptionSpec) -> String {
    let mut text = spec
        .description
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|");
    if spec.type_name != "Boolean" && !spec.allowed.is_empty() {
        let _ = write!(text, " One of: `{}`.", spec.allowed.join("`, `"));
    }
    if !spec.fallback.is_empty() {
        let _ = write!(
            text,
            " If not set, `{}` counts.",
            spec.fallback.join("`, then `")
        );
    }
    if !spec.deprecated.is_empty() {
        let _ = write!(text, " Old names: `{}`.", spec.deprecated.join("`, `"));
    }
    text
}
