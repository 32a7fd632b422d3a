//! A complaint about SQL text, shown the same way whoever complains: lexer, parser, binder or planner.
use crate::span::{Position, Span, floor_boundary};
use std::fmt::Write;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The statement cannot run.
    Error,
    /// The statement runs, perhaps not as meant.
    Warning,
}

/// A message about a place in SQL text.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter: one lowercase sentence.
    pub message: String,
    /// The text it is about.
    pub span: Span,
    /// What to do about it.
    pub help: Option<String>,
    /// More about the reason.
    pub note: Option<String>,
}

impl Diagnostic {
    /// An error without help or note.
    pub fn error(message: impl Into<String>, span: Span) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span,
            help: None,
            note: None,
        }
    }

    /// A warning without help or note.
    pub fn warning(message: impl Into<String>, span: Span) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message, span)
        }
    }

    /// The same with advice.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with a reason.
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// The message, `name:line:column`, the line with its marked part, note and help; ends with a newline.
    /// `text` is the whole text that the span's offsets count in.
    pub fn render(&self, source_name: &str, text: &str) -> String {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let start = floor_boundary(text, self.span.start);
        let end = floor_boundary(text, self.span.end.max(start));
        let place = Position::of(text, start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[line_start..line_end].trim_end();
        let shown: String = line.chars().map(plain).collect();
        let before: String = text[line_start..start]
            .chars()
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let marked = text[start..end.min(line_end)]
            .trim_end()
            .chars()
            .count()
            .max(1);
        let number = place.line.to_string();
        let gutter = " ".repeat(number.len());
        let mut out = format!("{word}: {}\n", self.message);
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{gutter}--> {source_name}:{}:{}",
            place.line, place.column
        );
        let _ = writeln!(
            out,
            "{gutter} |\n{number} | {shown}\n{gutter} | {before}{}",
            "^".repeat(marked)
        );
        if let Some(note) = &self.note {
            let _ = writeln!(out, "{gutter} = {note}");
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{gutter} = help: {help}");
        }
        out
    }
}

/// Control characters would move the terminal's cursor: show a mark instead.
fn plain(c: char) -> char {
    if c.is_control() && c != '\t' {
        '\u{fffd}'
    } else {
        c
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_span() {
        let text = "SELECT a,\n  bé, nope FROM t";
        let start = text.find("nope").unwrap_or(0);
        let shown = Diagnostic::error("column 'nope' does not exist", Span::new(start, start + 4))
            .with_help("did you mean 'node'?")
            .render("job.sql", text);
        let expected = "error: column 'nope' does not exist\n --> job.sql:2:7\n  |\n2 |   bé, nope FROM t\n  |       ^^^^\n  = help: did you mean 'node'?\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn odd_spans_do_not_break_it() {
        for (start, end) in [(0, 0), (3, 1), (100, 200), (1, 2)] {
            assert!(
                Diagnostic::warning("w", Span::new(start, end))
                    .render("é", "é\r\n")
                    .contains('^')
            );
        }
    }
}
