//! What is wrong with a statement, where, and what to do about it.
//!
//! Whoever finds the mistake (parser, binder, planner, configuration), it ends up as one [`Diagnostic`]:
//! a sentence, the place in the text, the nearest right name, a remedy.

use alpheus_sql_parser::{Diagnostic, ParseError, Span};

/// A statement that cannot be executed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .diagnostic.message)]
pub struct SqlError {
    /// What sort of mistake it is.
    pub kind: ErrorKind,
    /// The complaint with its place.
    pub diagnostic: Box<Diagnostic>,
}

/// The sorts of mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is not Flink SQL.
    Syntax,
    /// The statement says something that is not so: a wrong name, type or option.
    Invalid,
    /// The statement is right and this engine cannot do it.
    Unsupported {
        /// The feature, as Flink calls it.
        feature: String,
    },
}

impl SqlError {
    /// A wrong statement.
    pub fn invalid(message: impl Into<String>, span: Span) -> SqlError {
        SqlError {
            kind: ErrorKind::Invalid,
            diagnostic: Box::new(Diagnostic::error(message, span)),
        }
    }

    /// A right statement that needs a feature that is not there.
    pub fn unsupported(feature: impl Into<String>, span: Span) -> SqlError {
        let feature = feature.into();
        SqlError {
            diagnostic: Box::new(Diagnostic::error(
                format!("{feature} is not supported"),
                span,
            )),
            kind: ErrorKind::Unsupported { feature },
        }
    }

    /// The same with advice.
    pub fn with_help(mut self, help: impl Into<String>) -> SqlError {
        self.diagnostic.help = Some(help.into());
        self
    }

    /// The same with the nearest of `candidates` as advice, if one is near.
    pub fn suggesting<'a>(
        self,
        word: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> SqlError {
        match nearest(word, candidates) {
            Some(near) => self.with_help(format!("did you mean '{near}'?")),
            None => self,
        }
    }

    /// The same with a reason.
    pub fn with_note(mut self, note: impl Into<String>) -> SqlError {
        self.diagnostic.note = Some(note.into());
        self
    }

    /// The same mistake, found in a text that is not the one at hand (a view's, a table's): `span` is the
    /// place that led there.
    pub(crate) fn inside(mut self, what: &str, span: Span) -> SqlError {
        let diagnostic = &mut self.diagnostic;
        diagnostic.span = span;
        diagnostic.message = format!("in {what}: {}", diagnostic.message);
        self
    }

    /// Whether the statement was right and needs a feature that is not there.
    pub fn is_unsupported(&self) -> bool {
        matches!(self.kind, ErrorKind::Unsupported { .. })
    }

    /// The error for people: place, line, caret, advice. `text` is the script that was parsed.
    pub fn render(&self, source_name: &str, text: &str) -> String {
        self.diagnostic.render(source_name, text)
    }
}

impl From<ParseError> for SqlError {
    fn from(error: ParseError) -> SqlError {
        SqlError {
            kind: ErrorKind::Syntax,
            diagnostic: Box::new(Diagnostic::from(error)),
        }
    }
}

/// The candidate that `word` may have meant: another case of it, or a slip of the fingers away.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let same = |candidate: &&&str| candidate.eq_ignore_ascii_case(word) && **candidate != word;
    candidates
        .iter()
        .find(same)
        .copied()
        .or_else(|| alpheus_sql_parser::keywords::nearest(word, candidates))
}
