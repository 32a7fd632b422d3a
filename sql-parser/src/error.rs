//! What went wrong while parsing, and where.
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use thiserror::Error;

/// Text that is not Flink SQL, or more than the parser takes.
#[derive(Debug, Clone, Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong, in one lowercase sentence.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What could have stood there.
    pub expected: Vec<String>,
    /// What stands there; empty when the message says it.
    pub found: String,
    /// What to do about it.
    pub hint: Option<String>,
    unterminated: bool,
}

impl ParseError {
    /// An error that `message` explains completely.
    pub fn new(message: impl Into<String>, span: Span) -> Self {
        Self {
            message: message.into(),
            span,
            expected: Vec::new(),
            found: String::new(),
            hint: None,
            unterminated: false,
        }
    }

    pub(crate) fn unterminated(what: &str, span: Span, close: &str) -> Self {
        let mut error = Self::new(format!("the {what} that starts here has no end"), span);
        error.hint = Some(format!("close it with {close}"));
        error.unterminated = true;
        error
    }

    pub(crate) fn starting_at(mut self, start: usize) -> Self {
        self.span.start = start;
        self
    }

    /// The same error with advice.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether more text could mend this: a string, quoted name or comment is still open.
    pub fn is_unterminated(&self) -> bool {
        self.unterminated
    }

    /// The error for people: place, line, caret, what was expected, advice.
    pub fn render(&self, source_name: &str, text: &str) -> String {
        Diagnostic::from(self).render(source_name, text)
    }
}

impl From<&ParseError> for Diagnostic {
    fn from(error: &ParseError) -> Self {
        let mut diagnostic = Diagnostic::error(&error.message, error.span);
        diagnostic.help = error.hint.clone();
        if !error.expected.is_empty() {
            const SHOWN: usize = 12;
            let more = if error.expected.len() > SHOWN {
                ", .."
            } else {
                ""
            };
            let quoted = |what: &String| {
                let is_symbol = !what.starts_with(|c: char| c.is_alphanumeric());
                if is_symbol {
                    format!("'{what}'")
                } else {
                    what.clone()
                }
            };
            let shown: Vec<_> = error.expected.iter().take(SHOWN).map(quoted).collect();
            diagnostic.note = Some(format!("expected {}{more}", shown.join(", ")));
        }
        diagnostic
    }
}

impl From<ParseError> for Diagnostic {
    fn from(error: ParseError) -> Self {
        Self::from(&error)
    }
}
