//! Text to tokens.
//!
//! One pass over the bytes. Comments vanish; `/*+` opens a hint, whose inside is lexed like everything else and which
//! `*/` closes. A character that starts nothing becomes a stray token, because the right-hand side of an unquoted
//! `SET key = value` may hold anything; only what has no end (a string, a comment) is an error here.
use crate::error::ParseError;
use crate::span::Span;
use crate::token::{Symbol, Token, TokenKind};

/// Splits `text` into tokens; the last one is always [`TokenKind::End`].
pub fn tokenize(text: &str) -> Result<Vec<Token>, ParseError> {
    let mut lexer = Lexer {
        text,
        at: 0,
        in_hint: false,
    };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        let end = token.kind == TokenKind::End;
        tokens.push(token);
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    in_hint: bool,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn skip_blanks(&mut self) -> Result<(), ParseError> {
        loop {
            self.take_while(|c| c.is_whitespace() || c == '\u{feff}');
            let rest = self.rest();
            if rest.starts_with("--") {
                self.take_while(|c| c != '\n');
            } else if rest.starts_with("/*") && !rest.starts_with("/*+") {
                let Some(end) = rest.find("*/") else {
                    let span = Span::new(self.at, self.text.len());
                    return Err(ParseError::unterminated("comment", span, "*/"));
                };
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn next(&mut self) -> Result<Token, ParseError> {
        self.skip_blanks()?;
        let start = self.at;
        let Some(first) = self.peek() else {
            return Ok(Token {
                kind: TokenKind::End,
                span: Span::new(start, start),
            });
        };
        let kind = match first {
            '\'' => TokenKind::String(self.delimited('\'', "string")?),
            '`' => TokenKind::Quoted(self.quoted_identifier()?),
            '0'..='9' => self.number(),
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
            'x' | 'X' if self.rest()[1..].starts_with('\'') => self.binary()?,
            'u' | 'U' if self.rest()[1..].starts_with("&'") => self.unicode_string()?,
            c if is_word_start(c) => {
                let text = self.take_while(is_word_part);
                TokenKind::Word {
                    text: text.into(),
                    upper: text.to_ascii_uppercase(),
                }
            }
            c => self.symbol(c),
        };
        Ok(Token {
            kind,
            span: Span::new(start, self.at),
        })
    }

    /// Text up to the closing delimiter, doubled delimiters standing for one.
    fn delimited(&mut self, delimiter: char, what: &str) -> Result<String, ParseError> {
        let start = self.at;
        self.at += delimiter.len_utf8();
        let mut value = String::new();
        loop {
            value.push_str(self.take_while(|c| c != delimiter));
            if self.peek().is_none() {
                let span = Span::new(start, self.text.len());
                return Err(ParseError::unterminated(what, span, &delimiter.to_string()));
            }
            self.at += delimiter.len_utf8();
            if self.peek() != Some(delimiter) {
                return Ok(value);
            }
            self.at += delimiter.len_utf8();
            value.push(delimiter);
        }
    }

    fn quoted_identifier(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        let name = self.delimited('`', "quoted identifier")?;
        if name.is_empty() {
            return Err(ParseError::new(
                "an identifier in backticks is empty",
                Span::new(start, self.at),
            ));
        }
        Ok(name)
    }

    fn number(&mut self) -> TokenKind {
        let start = self.at;
        self.take_while(|c| c.is_ascii_digit());
        if self.peek() == Some('.') {
            self.at += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        let exponent = self.rest();
        if exponent.starts_with(['e', 'E']) {
            let digits = exponent[1..]
                .strip_prefix(['+', '-'])
                .unwrap_or(&exponent[1..]);
            if digits.starts_with(|c: char| c.is_ascii_digit()) {
                self.at += exponent.len() - digits.len();
                self.take_while(|c| c.is_ascii_digit());
            }
        }
        TokenKind::Number(self.text[start..self.at].into())
    }

    fn binary(&mut self) -> Result<TokenKind, ParseError> {
        let start = self.at;
        self.at += 1;
        let digits = self
            .delimited('\'', "binary string")
            .map_err(|error| error.starting_at(start))?;
        let span = Span::new(start, self.at);
        let bad = || {
            ParseError::new(
                "a binary string X'..' must hold an even number of hexadecimal digits",
                span,
            )
        };
        if digits.len() % 2 != 0 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let byte = |pair: &[u8]| {
            let text = std::str::from_utf8(pair).map_err(|_| bad())?;
            u8::from_str_radix(text, 16).map_err(|_| bad())
        };
        digits
            .as_bytes()
            .chunks(2)
            .map(byte)
            .collect::<Result<_, _>>()
            .map(TokenKind::Binary)
    }

    /// `U&'..' [UESCAPE 'c']` (SQL:2016 5.3): `\XXXX` and `\+XXXXXX` name code points.
    fn unicode_string(&mut self) -> Result<TokenKind, ParseError> {
        let start = self.at;
        self.at += 2;
        let raw = self
            .delimited('\'', "string")
            .map_err(|error| error.starting_at(start))?;
        let mut end = self.at;
        let mut escape = '\\';
        self.skip_blanks()?;
        if self
            .rest()
            .get(..7)
            .is_some_and(|word| word.eq_ignore_ascii_case("UESCAPE"))
        {
            self.at += 7;
            self.skip_blanks()?;
            let at = self.at;
            let text = if self.peek() == Some('\'') {
                self.delimited('\'', "string")?
            } else {
                String::new()
            };
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None)
                    if !c.is_ascii_hexdigit() && c != '+' && c != '\'' && !c.is_whitespace() =>
                {
                    escape = c
                }
                _ => {
                    let span = Span::new(at, self.at.max(at + 1).min(self.text.len().max(at)));
                    return Err(ParseError::new(
                        "UESCAPE needs a string of one character that is no hexadecimal digit",
                        span,
                    ));
                }
            }
            end = self.at;
        }
        self.at = end;
        decode_unicode(&raw, escape)
            .map(TokenKind::String)
            .ok_or_else(|| {
                ParseError::new(
                    format!(
                        "a unicode escape must be {escape}XXXX, {escape}+XXXXXX or {escape}{escape}"
                    ),
                    Span::new(start, end),
                )
            })
    }

    fn symbol(&mut self, first: char) -> TokenKind {
        const LONGEST_FIRST: [(&str, Symbol); 29] = [
            ("/*+", Symbol::HintStart),
            ("=>", Symbol::Arrow),
            ("<>", Symbol::NotEqual),
            ("!=", Symbol::NotEqual),
            ("<=", Symbol::LessEqual),
            (">=", Symbol::GreaterEqual),
            ("||", Symbol::Concat),
            ("(", Symbol::LeftParen),
            (")", Symbol::RightParen),
            ("[", Symbol::LeftBracket),
            ("]", Symbol::RightBracket),
            ("{", Symbol::LeftBrace),
            ("}", Symbol::RightBrace),
            (",", Symbol::Comma),
            (";", Symbol::Semicolon),
            (":", Symbol::Colon),
            (".", Symbol::Dot),
            ("+", Symbol::Plus),
            ("-", Symbol::Minus),
            ("*", Symbol::Star),
            ("/", Symbol::Slash),
            ("%", Symbol::Percent),
            ("=", Symbol::Equal),
            ("<", Symbol::Less),
            (">", Symbol::Greater),
            ("|", Symbol::Pipe),
            ("?", Symbol::Question),
            ("^", Symbol::Caret),
            ("$", Symbol::Dollar),
        ];
        let rest = self.rest();
        if self.in_hint && rest.starts_with("*/") {
            self.at += 2;
            self.in_hint = false;
            return TokenKind::Symbol(Symbol::HintEnd);
        }
        match LONGEST_FIRST
            .iter()
            .find(|(text, _)| rest.starts_with(text))
        {
            Some((text, symbol)) => {
                self.at += text.len();
                self.in_hint |= *symbol == Symbol::HintStart;
                TokenKind::Symbol(*symbol)
            }
            None => {
                self.at += first.len_utf8();
                TokenKind::Stray(first)
            }
        }
    }
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// Whether `c` may stand inside an unquoted identifier after its first character.
fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Whether `name` reads as one unquoted word (keywords aside).
pub(crate) fn is_plain_word(name: &str) -> bool {
    name.starts_with(is_word_start) && name.chars().all(is_word_part)
}

fn decode_unicode(raw: &str, escape: char) -> Option<String> {
    let mut value = String::new();
    let mut rest = raw;
    while let Some(at) = rest.find(escape) {
        value.push_str(&rest[..at]);
        rest = &rest[at + escape.len_utf8()..];
        if let Some(after) = rest.strip_prefix(escape) {
            value.push(escape);
            rest = after;
            continue;
        }
        let (digits, length) = match rest.strip_prefix('+') {
            Some(after) => (after, 6),
            None => (rest, 4),
        };
        let code = digits
            .get(..length)
            .filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let mut code = u32::from_str_radix(code, 16).ok()?;
        rest = &digits[length..];
        if (0xd800..0xdc00).contains(&code) {
            // A surrogate pair: Flink's strings are UTF-16, ours are not.
            let low = rest.strip_prefix(escape)?.get(..4)?;
            let low = u32::from_str_radix(low, 16)
                .ok()
                .filter(|low| (0xdc00..0xe000).contains(low))?;
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            rest = &rest[escape.len_utf8() + 4..];
        }
        value.push(char::from_u32(code)?);
    }
    value.push_str(rest);
    Some(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        let mut kinds: Vec<_> = tokenize(text)
            .unwrap()
            .into_iter()
            .map(|token| token.kind)
            .collect();
        assert_eq!(kinds.pop(), Some(TokenKind::End));
        kinds
    }

    #[test]
    fn strings_are_decoded() {
        let string = |text: &str| TokenKind::String(text.into());
        assert_eq!(kinds("'it''s' ''"), [string("it's"), string("")]);
        assert_eq!(
            kinds(r"U&'\00e9\+01f600\\' U&'!0041' UESCAPE '!'"),
            [string("é😀\\"), string("A")]
        );
        assert_eq!(kinds(r"u&'\d83d\de00'"), [string("😀")]);
        assert_eq!(kinds("X'0aFF'"), [TokenKind::Binary(vec![10, 255])]);
    }

    #[test]
    fn numbers_keep_their_text() {
        let number = |text: &str| TokenKind::Number(text.into());
        assert_eq!(
            kinds("1 1.5 .5 1e3 1E-3"),
            ["1", "1.5", ".5", "1e3", "1E-3"].map(number)
        );
        assert_eq!(kinds("1e").len(), 2);
    }

    #[test]
    fn comments_vanish_and_hints_stay() {
        assert_eq!(
            kinds("/* a ' */ -- b '\n ;"),
            [TokenKind::Symbol(Symbol::Semicolon)]
        );
        let hint = kinds("/*+ x */ * /");
        assert_eq!(hint[0], TokenKind::Symbol(Symbol::HintStart));
        assert_eq!(hint[2], TokenKind::Symbol(Symbol::HintEnd));
        assert_eq!(
            hint[3..],
            [Symbol::Star, Symbol::Slash].map(TokenKind::Symbol)
        );
    }

    #[test]
    fn what_has_no_end_is_an_error_at_its_start() {
        for text in ["a 'b", "a `b", "a /* b", "a X'0"] {
            assert_eq!(tokenize(text).unwrap_err().span.range().start, 2, "{text}");
        }
        assert!(tokenize("X'0'").is_err());
        assert!(tokenize("U&'\\00'").is_err());
        assert!(tokenize("``").is_err());
    }
}
