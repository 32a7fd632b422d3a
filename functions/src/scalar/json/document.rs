//! JSON documents as Flink's JSON functions read them, which is as Jackson does.
//!
//! A parser of our own, because what the functions print depends on what general parsers drop: the order
//! of members (`$.*` lists them as written), the digits of numbers (`2.50` stays `2.50`, integers have no
//! limit), and text behind the document, which is ignored. Anything else that RFC 8259 forbids is an error.

/// How deep arrays and objects may nest: Jackson's limit, and a bound for the parser's stack.
const DEPTH: usize = 1000;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// A number without point and exponent, by its digits.
    Integer(String),
    /// Any other number, as it is printed.
    Decimal(String),
    String(String),
    Array(Vec<Json>),
    /// As written: a name may repeat, and its last value counts ([`Json::member`]).
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Whether it is neither an array nor an object.
    pub(super) fn is_scalar(&self) -> bool {
        !matches!(self, Json::Array(_) | Json::Object(_))
    }

    /// The last value of that name in an object.
    pub(super) fn member(&self, name: &str) -> Option<&Json> {
        let Json::Object(members) = self else {
            return None;
        };
        let found = members.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value)
    }
}

/// Why a text is no JSON document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON document: {problem} at byte {at}")]
pub(super) struct Malformed {
    problem: &'static str,
    at: usize,
}

/// Reads the document at the beginning of `text`.
pub(super) fn parse(text: &str) -> Result<Json, Malformed> {
    let mut parser = Parser { text, at: 0 };
    parser.blanks();
    let value = parser.value(0)?;
    // A number or word at the top has to end there; behind brackets and quotes anything may follow.
    let open_ended = value.is_scalar() && !matches!(value, Json::String(_));
    match parser.peek() {
        None | Some(b' ' | b'\t' | b'\r' | b'\n') => Ok(value),
        Some(_) if open_ended => Err(parser.problem("a value that does not end")),
        Some(_) => Ok(value),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn problem(&self, problem: &'static str) -> Malformed {
        Malformed {
            problem,
            at: self.at,
        }
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes `byte`, if it comes next.
    fn takes(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    fn value(&mut self, depth: usize) -> Result<Json, Malformed> {
        if depth > DEPTH {
            return Err(self.problem("more than 1000 levels"));
        }
        match self.peek() {
            None => Err(self.problem("an early end")),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
        }
    }

    fn word(&mut self) -> Result<Json, Malformed> {
        let words = [
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("null", Json::Null),
        ];
        let rest = &self.text[self.at..];
        let word = words.into_iter().find(|(word, _)| rest.starts_with(word));
        let (word, value) = word.ok_or_else(|| self.problem("no value"))?;
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Json, Malformed> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.takes(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            self.blanks();
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.takes(b']') {
                return Ok(Json::Array(items));
            }
            if !self.takes(b',') {
                return Err(self.problem("neither ',' nor ']'"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, Malformed> {
        self.at += 1;
        let mut members = Vec::new();
        self.blanks();
        if self.takes(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return Err(self.problem("no name in quotes"));
            }
            let name = self.string()?;
            self.blanks();
            if !self.takes(b':') {
                return Err(self.problem("no ':' behind a name"));
            }
            self.blanks();
            members.push((name, self.value(depth + 1)?));
            self.blanks();
            if self.takes(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.takes(b',') {
                return Err(self.problem("neither ',' nor '}'"));
            }
        }
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.problem("a number without a digit"));
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Json, Malformed> {
        let start = self.at;
        self.takes(b'-');
        if self.takes(b'0') {
            if let Some(b'0'..=b'9') = self.peek() {
                return Err(self.problem("a number with a leading zero"));
            }
        } else {
            self.digits()?;
        }
        let integer = self.at;
        if self.takes(b'.') {
            self.digits()?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            let _ = self.takes(b'-') || self.takes(b'+');
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        Ok(if integer == self.at {
            let zero = text == "-0";
            Json::Integer(if zero { "0" } else { text }.to_string())
        } else {
            Json::Decimal(super::number::decimal(text))
        })
    }

    fn string(&mut self) -> Result<String, Malformed> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest
                .bytes()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
                .ok_or_else(|| self.problem("a string without an end"))?;
            out.push_str(&rest[..plain]);
            self.at += plain;
            match rest.as_bytes()[plain] {
                b'"' => {
                    self.at += 1;
                    return Ok(out);
                }
                b'\\' => {
                    let (read, length) = unescape(&rest[plain..])
                        .ok_or_else(|| self.problem("an unknown escape in a string"))?;
                    out.push(read);
                    self.at += length;
                }
                _ => return Err(self.problem("a control character in a string")),
            }
        }
    }
}

/// The character that the escape at the beginning of `text` stands for, and its length. Half of a pair of
/// surrogates is '?', as in Java's UTF-8.
pub(super) fn unescape(text: &str) -> Option<(char, usize)> {
    let simple = match text.as_bytes().get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = code_unit(text)?;
            if let Some(read) = char::from_u32(unit) {
                return Some((read, 6));
            }
            let pair = text
                .get(6..)
                .filter(|rest| rest.starts_with("\\u"))
                .and_then(code_unit)
                .filter(|low| unit < 0xdc00 && (0xdc00..0xe000).contains(low))
                .and_then(|low| char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)));
            return Some(pair.map_or(('?', 6), |read| (read, 12)));
        }
        _ => return None,
    };
    Some((simple, 2))
}

fn code_unit(escape: &str) -> Option<u32> {
    let digits = escape.get(2..6)?;
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| u32::from_str_radix(digits, 16).ok())?
}
