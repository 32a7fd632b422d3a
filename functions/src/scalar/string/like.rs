//! LIKE and SIMILAR TO.

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::ArrayRef;

use super::regex::Compiled;
use crate::compile::Args;
use crate::scalar::rows;

/// A compiled LIKE pattern. Most are one of the simple forms, which `memchr`-based search decides.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Like {
    Equals(String),
    Prefix(String),
    Suffix(String),
    Contains(String),
    General(Vec<Token>),
}

/// A step of a general pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// This character.
    Char(char),
    /// `_`
    Any,
    /// `%`
    Many,
}

impl Like {
    /// Compiles a pattern; the escape character makes `%`, `_` and itself literal.
    pub(super) fn new(pattern: &str, escape: Option<char>) -> Result<Like, String> {
        let mut tokens = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            if Some(c) == escape {
                match chars.next() {
                    Some(next) if next == c || next == '%' || next == '_' => {
                        tokens.push(Token::Char(next));
                    }
                    _ => {
                        return Err(format!(
                            "the LIKE pattern '{pattern}' has the escape character '{c}' before \
                             something other than %, _ or itself"
                        ));
                    }
                }
            } else {
                tokens.push(match c {
                    '%' => Token::Many,
                    '_' => Token::Any,
                    c => Token::Char(c),
                });
            }
        }
        Ok(Self::simplest(tokens))
    }

    fn simplest(tokens: Vec<Token>) -> Like {
        let open_start = tokens.first() == Some(&Token::Many);
        let open_end = tokens.len() > 1 && tokens.last() == Some(&Token::Many);
        let inner = &tokens[usize::from(open_start)..tokens.len() - usize::from(open_end)];
        let literal: Option<String> = inner
            .iter()
            .map(|token| match token {
                Token::Char(c) => Some(*c),
                _ => None,
            })
            .collect();
        match (literal, open_start, open_end) {
            (Some(text), false, false) => Like::Equals(text),
            (Some(text), false, true) => Like::Prefix(text),
            (Some(text), true, false) => Like::Suffix(text),
            (Some(text), true, true) => Like::Contains(text),
            (None, ..) => Like::General(tokens),
        }
    }

    /// Whether the whole text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Like::Equals(wanted) => text == wanted,
            Like::Prefix(wanted) => text.starts_with(wanted.as_str()),
            Like::Suffix(wanted) => text.ends_with(wanted.as_str()),
            Like::Contains(wanted) => text.contains(wanted.as_str()),
            Like::General(tokens) => general(tokens, text),
        }
    }
}

/// Greedy matching that returns to the last `%` only: linear for the usual, never exponential.
fn general(tokens: &[Token], text: &str) -> bool {
    let mut at = 0;
    let mut rest = text.chars();
    // After the last %: the token that follows and the text it took over.
    let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        match tokens.get(at) {
            Some(Token::Many) => {
                at += 1;
                retry = Some((at, rest.clone()));
                continue;
            }
            Some(token) => {
                let mut ahead = rest.clone();
                let fits = match (token, ahead.next()) {
                    (_, None) => return false,
                    (Token::Char(wanted), Some(c)) => *wanted == c,
                    (_, Some(_)) => true,
                };
                if fits {
                    rest = ahead;
                    at += 1;
                    continue;
                }
            }
            None if rest.as_str().is_empty() => return true,
            None => {}
        }
        match &mut retry {
            Some((token, from)) => {
                if from.next().is_none() {
                    return false;
                }
                at = *token;
                rest = from.clone();
            }
            None => return false,
        }
    }
}

/// The escape character of a row: none, or one.
fn escape_of(args: &Args<'_>, row: usize) -> OperatorResult<Option<Option<char>>> {
    if args.len() < 3 {
        return Ok(Some(None));
    }
    let Some(text) = args.str(2).get(row) else {
        return Ok(None);
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(Some(Some(c))),
        _ => Err(OperatorError::data(format!(
            "ESCAPE takes one character, not '{text}'"
        ))),
    }
}

/// Escape character (or U+0000 for none) and pattern as the key of the cache.
fn key(escape: Option<char>, pattern: &str) -> String {
    let mut key = String::with_capacity(pattern.len() + 4);
    key.push(escape.unwrap_or('\0'));
    key.push_str(pattern);
    key
}

fn unkey(key: &str) -> (Option<char>, &str) {
    let first = key.chars().next().unwrap_or('\0');
    (Some(first).filter(|c| *c != '\0'), &key[first.len_utf8()..])
}

fn each<T: Send + Sync + 'static>(
    args: &Args<'_>,
    compile: fn(&str) -> Result<T, String>,
    matches: fn(&T, &str) -> bool,
) -> OperatorResult<ArrayRef> {
    let (texts, patterns) = (args.str(0), args.str(1));
    let mut memo = args.cache.memo(compile);
    let fixed = args.values[1].is_constant() && (args.len() < 3 || args.values[2].is_constant());
    let mut known = None;
    rows::booleans(args.rows, |row| {
        let Some((text, pattern)) = texts.get(row).zip(patterns.get(row)) else {
            return Ok(None);
        };
        if known.is_none() || !fixed {
            let Some(escape) = escape_of(args, row)? else {
                return Ok(None);
            };
            known = Some(memo.get(&key(escape, pattern)));
        }
        match known.as_deref() {
            Some(Ok(pattern)) => Ok(Some(matches(pattern, text))),
            Some(Err(reason)) => Err(OperatorError::data(reason.clone())),
            None => Ok(None),
        }
    })
}

pub(super) fn like(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let compile = |key: &str| {
        let (escape, pattern) = unkey(key);
        Like::new(pattern, escape)
    };
    each(args, compile, Like::matches)
}

pub(super) fn similar(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    each(args, similar_regex, |regex, text| regex.is_match(text))
}

/// SQL's regular expressions: `%` and `_` as in LIKE, `| * + ? {} () []` as usual, all else literal.
fn similar_regex(key: &str) -> Compiled {
    let (escape, pattern) = unkey(key);
    let mut out = String::from("(?s)^(?:");
    let mut chars = pattern.chars();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        if Some(c) == escape {
            let literal = chars.next().map(String::from).unwrap_or_default();
            out.push_str(&regex::escape(&literal));
            continue;
        }
        match c {
            '[' | ']' => {
                in_class = c == '[';
                out.push(c);
            }
            _ if in_class => out.push(c),
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '|' | '*' | '+' | '?' | '{' | '}' | '(' | ')' => out.push(c),
            other => out.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push_str(")$");
    regex::Regex::new(&out)
        .map_err(|_| format!("'{pattern}' is no regular expression for SIMILAR TO"))
}
