//! The table of functions as the documentation prints it.

use std::fmt::Write as _;

use super::{Category, Determinism, all};

/// The functions by category, as Markdown tables, refused ones in a list at the end.
pub fn markdown() -> String {
    let mut categories: Vec<Category> = all().map(|function| function.category).collect();
    categories.sort_unstable();
    categories.dedup();
    let mut text = String::new();
    for category in categories {
        let mut functions = all()
            .filter(|function| function.category == category && function.refused().is_none())
            .peekable();
        if functions.peek().is_none() {
            continue;
        }
        let _ = write!(
            text,
            "### {}\n\n| Function | What it does | Example |\n|---|---|---|\n",
            category.title()
        );
        for function in functions {
            let mut description = escape(function.description);
            if !function.aliases.is_empty() {
                let _ = write!(
                    description,
                    " Also {}.",
                    escape(&function.aliases.join(", "))
                );
            }
            match function.determinism {
                Determinism::Deterministic => {}
                Determinism::Dynamic => description.push_str(" (Fixed for a batch query.)"),
                Determinism::NonDeterministic => description.push_str(" (Differs by call.)"),
            }
            let _ = writeln!(
                text,
                "| `{}` | {description} | {} |",
                escape(function.signature),
                code(function.example)
            );
        }
        text.push('\n');
    }
    text.push_str("### Not available\n\n| Function of Flink | Why |\n|---|---|\n");
    for function in all() {
        if let Some(reason) = function.refused() {
            let _ = writeln!(text, "| `{}` | {} |", function.name, escape(reason));
        }
    }
    text
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}

fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{}`", escape(text))
    }
}
