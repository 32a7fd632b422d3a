//! JSON paths: `[lax|strict] $.member['member'][0][-1][*].*`.
//!
//! Flink hands paths to the Jayway library, so its language counts, not SQL:2016's: `strict` is the default,
//! `lax` keeps quiet about what is missing but unwraps no arrays, a path that does not begin with `$` gets
//! `$.` in front, and a malformed path is an error of each row. What Jayway has beyond the steps above is
//! refused by name.

/// Whether a missing part is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Strict,
    Lax,
}

/// From one value to the next ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// `.name`, `['name']`
    Member(String),
    /// `[i]`, from the end when negative
    Index(i64),
    /// `[*]`, `.*`
    Every,
}

/// A path that can be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) mode: Mode,
    pub(super) steps: Vec<Step>,
}

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PathError {
    /// Flink cannot read it either.
    #[error("'{path}' is no JSON path: {problem} at character {at}")]
    Malformed {
        path: String,
        problem: &'static str,
        at: usize,
    },
    /// Flink can.
    #[error(
        "{what} in the JSON path '{path}' cannot be evaluated; paths consist of .name, ['name'], [0], [*] and .*"
    )]
    Unsupported { path: String, what: &'static str },
}

impl Path {
    /// Reads a path.
    pub(super) fn parse(text: &str) -> Result<Path, PathError> {
        let (mode, rest) = mode(text);
        let rest = rest.trim_end_matches(' ');
        let rooted = if rest.starts_with(['$', '@']) {
            rest.to_string()
        } else {
            format!("$.{rest}")
        };
        let mut parser = Parser {
            path: &rooted,
            chars: rooted.chars().collect(),
            at: 1,
        };
        let steps = parser.steps()?;
        Ok(Path { mode, steps })
    }

    /// Whether it leads to one value at most.
    pub(super) fn is_definite(&self) -> bool {
        !self.steps.contains(&Step::Every)
    }
}

/// The mode in front of a path, if one stands there, and the path.
fn mode(text: &str) -> (Mode, &str) {
    let trimmed = text.trim_start();
    for (word, mode) in [("strict", Mode::Strict), ("lax", Mode::Lax)] {
        if let Some(head) = trimmed.get(..word.len())
            && head.eq_ignore_ascii_case(word)
            && trimmed[word.len()..].starts_with(char::is_whitespace)
        {
            return (mode, trimmed[word.len()..].trim_start());
        }
    }
    (Mode::Strict, text)
}

struct Parser<'a> {
    path: &'a str,
    chars: Vec<char>,
    at: usize,
}

impl Parser<'_> {
    fn malformed(&self, problem: &'static str) -> PathError {
        PathError::Malformed {
            path: self.path.to_string(),
            problem,
            at: self.at + 1,
        }
    }

    fn unsupported(&self, what: &'static str) -> PathError {
        PathError::Unsupported {
            path: self.path.to_string(),
            what,
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }

    fn steps(&mut self) -> Result<Vec<Step>, PathError> {
        let mut steps = Vec::new();
        if self.path.ends_with('.') {
            return Err(self.malformed("a '.' at the end"));
        }
        while let Some(c) = self.peek() {
            match c {
                '.' => {
                    self.at += 1;
                    match self.peek() {
                        Some('.') => return Err(self.unsupported("a deep scan (..)")),
                        Some('[') => {}
                        _ => steps.push(self.member()?),
                    }
                }
                '[' => steps.push(self.bracket()?),
                _ => return Err(self.malformed("neither '.' nor '['")),
            }
        }
        Ok(steps)
    }

    /// What follows a point.
    fn member(&mut self) -> Result<Step, PathError> {
        if self.peek() == Some('*') {
            self.at += 1;
            return Ok(Step::Every);
        }
        let start = self.at;
        while let Some(c) = self.peek() {
            match c {
                '.' | '[' => break,
                ' ' => return Err(self.malformed("a blank in a name without ['..']")),
                '(' => return Err(self.unsupported("a function")),
                _ => self.at += 1,
            }
        }
        if self.at == start {
            return Err(self.malformed("no name"));
        }
        Ok(Step::Member(self.chars[start..self.at].iter().collect()))
    }

    fn bracket(&mut self) -> Result<Step, PathError> {
        self.at += 1;
        self.blanks();
        let step = match self.peek() {
            Some(quote @ ('\'' | '"')) => {
                let name = self.quoted(quote)?;
                self.blanks();
                if self.peek() == Some(',') {
                    return Err(self.unsupported("a list of members"));
                }
                Step::Member(name)
            }
            Some('*') => {
                self.at += 1;
                Step::Every
            }
            Some('?') => return Err(self.unsupported("a filter")),
            Some('0'..='9' | '-' | ':') => self.index()?,
            _ => return Err(self.malformed("neither a quoted name, an index nor '*'")),
        };
        self.blanks();
        if self.peek() != Some(']') {
            return Err(self.malformed("no ']'"));
        }
        self.at += 1;
        Ok(step)
    }

    fn quoted(&mut self, quote: char) -> Result<String, PathError> {
        self.at += 1;
        let mut name = String::new();
        loop {
            let c = self
                .peek()
                .ok_or_else(|| self.malformed("no end of a name"))?;
            self.at += 1;
            if c == quote {
                return Ok(name);
            }
            if c == '\\' {
                let escaped = self
                    .peek()
                    .ok_or_else(|| self.malformed("no end of a name"))?;
                if escaped == 'u' {
                    return Err(self.unsupported("an escape (\\u)"));
                }
                self.at += 1;
                name.push(match escaped {
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                });
            } else {
                name.push(c);
            }
        }
    }

    fn index(&mut self) -> Result<Step, PathError> {
        let start = self.at;
        while let Some('0'..='9' | '-' | ':' | ',' | ' ') = self.peek() {
            self.at += 1;
        }
        let text: String = self.chars[start..self.at].iter().collect();
        if text.contains(':') {
            return Err(self.unsupported("a slice of an array"));
        }
        if text.contains(',') {
            return Err(self.unsupported("a list of indices"));
        }
        let index = text.trim().parse::<i32>();
        index
            .map(|index| Step::Index(i64::from(index)))
            .map_err(|_| self.malformed("no index"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn reads_modes_and_steps() {
        let path = Path::parse(" LAX $.a-b[ 'c d' ][*].* [-1]").unwrap_err();
        assert!(matches!(path, PathError::Malformed { .. }), "{path}");
        let path = Path::parse(" LAX $.a-b[ 'c d' ][*].*[-1]").unwrap();
        assert_eq!(path.mode, Mode::Lax);
        let member = |name: &str| Step::Member(name.to_string());
        let expected = [
            member("a-b"),
            member("c d"),
            Step::Every,
            Step::Every,
            Step::Index(-1),
        ];
        assert_eq!(path.steps, expected);
        assert!(!path.is_definite());
        let implied = Path::parse("a.b").unwrap();
        assert_eq!(implied, Path::parse("strict $.a['b']").unwrap());
    }

    #[test]
    fn names_what_it_cannot_follow() {
        for (text, what) in [
            ("$..a", "deep scan"),
            ("$.a[?(@.b > 1)]", "filter"),
            ("$.a.length()", "function"),
            ("$['a','b']", "list of members"),
            ("$[0,1]", "list of indices"),
            ("$[1:2]", "slice"),
        ] {
            let error = Path::parse(text).unwrap_err();
            assert!(matches!(error, PathError::Unsupported { .. }), "{error}");
            assert!(error.to_string().contains(what), "{error}");
        }
        for text in [
            "$.", "$[", "$['a", "$[]", "$[1.0]", "$x", "$.a b", " $.a", "",
        ] {
            let error = Path::parse(text).unwrap_err();
            assert!(matches!(error, PathError::Malformed { .. }), "{error}");
        }
    }
}
