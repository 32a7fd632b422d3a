//! A pull parser over the bytes of one line (RFC 8259).
//!
//! It hands out slices of the line wherever it can; only strings with escapes are copied. Nesting is
//! bounded, so that no input can overflow the stack.

/// How deep values may be nested.
const DEEPEST: u32 = 256;

/// What is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syntax {
    /// Where in the line.
    pub(super) at: usize,
    /// What was expected.
    pub(super) expected: &'static str,
}

/// What a value starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,
}

pub(super) struct Parser<'a> {
    data: &'a [u8],
    at: usize,
    depth: u32,
}

impl<'a> Parser<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Parser {
            data,
            at: 0,
            depth: 0,
        }
    }

    fn fail<T>(&self, expected: &'static str) -> Result<T, Syntax> {
        Err(Syntax {
            at: self.at,
            expected,
        })
    }

    /// The next byte that is no white space, without taking it.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.data.get(self.at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// Where the parser stands.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The line from `start` to where the parser stands.
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        &self.data[start..self.at]
    }

    /// What the next value is, without taking it.
    #[inline]
    pub(super) fn kind(&mut self) -> Result<Kind, Syntax> {
        match self.peek() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't') => Ok(Kind::True),
            Some(b'f') => Ok(Kind::False),
            Some(b'n') => Ok(Kind::Null),
            _ => self.fail("a value"),
        }
    }

    /// Takes the word of a literal.
    pub(super) fn word(&mut self, kind: Kind) -> Result<(), Syntax> {
        let word: &[u8] = match kind {
            Kind::True => b"true",
            Kind::False => b"false",
            _ => b"null",
        };
        let rest = &self.data[self.at..];
        let ends = rest
            .get(word.len())
            .is_none_or(|b| !b.is_ascii_alphanumeric());
        if rest.starts_with(word) && ends {
            self.at += word.len();
            return Ok(());
        }
        self.fail("true, false or null")
    }

    /// Takes a number; answers its text.
    #[inline]
    pub(super) fn number(&mut self) -> Result<&'a [u8], Syntax> {
        let start = self.at;
        if self.data.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        let whole = self.digits()?;
        if self.data[whole] == b'0' && self.at - whole > 1 {
            return self.fail("a number without leading zeros");
        }
        if self.data.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.data.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.data.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.data[start..self.at])
    }

    /// Takes one digit or more; answers where they start.
    fn digits(&mut self) -> Result<usize, Syntax> {
        let start = self.at;
        while self.data.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start {
            return self.fail("a digit");
        }
        Ok(start)
    }

    /// Takes a string, whose quote comes next; answers its text, which may lie in `scratch`.
    #[inline]
    pub(super) fn string<'s>(&mut self, scratch: &'s mut Vec<u8>) -> Result<&'s [u8], Syntax>
    where
        'a: 's,
    {
        let start = self.at + 1;
        match memchr::memchr2(b'"', b'\\', &self.data[start.min(self.data.len())..]) {
            Some(length) if self.data[start + length] == b'"' => {
                self.at = start + length + 1;
                Ok(&self.data[start..start + length])
            }
            Some(_) => {
                self.at = start;
                scratch.clear();
                self.escaped(scratch)?;
                Ok(scratch)
            }
            None => {
                self.at = self.data.len();
                self.fail("a closing quote")
            }
        }
    }

    /// Takes the rest of a string with escapes.
    fn escaped(&mut self, out: &mut Vec<u8>) -> Result<(), Syntax> {
        loop {
            let rest = &self.data[self.at..];
            let Some(length) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.data.len();
                return self.fail("a closing quote");
            };
            out.extend_from_slice(&rest[..length]);
            self.at += length + 1;
            if rest[length] == b'"' {
                return Ok(());
            }
            let escape = self.data.get(self.at).copied();
            self.at += 1;
            out.push(match escape {
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(b'r') => b'\r',
                Some(b'b') => 8,
                Some(b'f') => 12,
                Some(byte @ (b'"' | b'\\' | b'/')) => byte,
                Some(b'u') => {
                    self.unicode(out)?;
                    continue;
                }
                _ => {
                    self.at = (self.at - 1).min(self.data.len());
                    return self.fail("an escape of JSON");
                }
            });
        }
    }

    /// Takes the digits of `\uXXXX`, and the second escape of a surrogate pair; half a pair becomes U+FFFD.
    fn unicode(&mut self, out: &mut Vec<u8>) -> Result<(), Syntax> {
        let first = self.hex()?;
        let mut code = first;
        if (0xD800..0xDC00).contains(&first) && self.data[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xDC00..0xE000).contains(&second) {
                code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            } else {
                self.at = before;
            }
        }
        let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn hex(&mut self) -> Result<u32, Syntax> {
        let digits = self.data.get(self.at..self.at + 4).unwrap_or_default();
        let valid = digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit);
        let text = std::str::from_utf8(digits).ok().filter(|_| valid);
        match text.and_then(|text| u32::from_str_radix(text, 16).ok()) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => self.fail("four hexadecimal digits"),
        }
    }

    /// Goes into the object or array that comes next.
    pub(super) fn enter(&mut self) -> Result<(), Syntax> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.fail("values nested at most 256 deep");
        }
        self.at += 1;
        Ok(())
    }

    /// In an object: the next key, or `None` at its end, which is taken. `first` says whether one was
    /// taken before.
    #[inline]
    pub(super) fn key<'s>(
        &mut self,
        first: bool,
        scratch: &'s mut Vec<u8>,
    ) -> Result<Option<&'s [u8]>, Syntax>
    where
        'a: 's,
    {
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                self.depth -= 1;
                return Ok(None);
            }
            Some(b',') if !first => {
                self.at += 1;
                self.peek();
            }
            _ if !first => return self.fail("`,` or `}`"),
            _ => {}
        }
        if self.data.get(self.at) != Some(&b'"') {
            return self.fail("a field name in quotes");
        }
        let key = self.string(scratch)?;
        if self.peek() != Some(b':') {
            return self.fail("`:`");
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// In an array: whether another element follows; the end is taken.
    pub(super) fn element(&mut self, first: bool) -> Result<bool, Syntax> {
        match self.peek() {
            Some(b']') => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if first => Ok(true),
            _ => self.fail("`,` or `]`"),
        }
    }

    /// Takes a value of any kind.
    pub(super) fn skip(&mut self, scratch: &mut Vec<u8>) -> Result<(), Syntax> {
        match self.kind()? {
            Kind::Object => {
                self.enter()?;
                let mut first = true;
                while self.key(first, scratch)?.is_some() {
                    self.skip(scratch)?;
                    first = false;
                }
                Ok(())
            }
            Kind::Array => {
                self.enter()?;
                let mut first = true;
                while self.element(first)? {
                    self.skip(scratch)?;
                    first = false;
                }
                Ok(())
            }
            Kind::String => self.string(scratch).map(|_| ()),
            Kind::Number => self.number().map(|_| ()),
            word => self.word(word),
        }
    }

    /// Checks that nothing follows.
    pub(super) fn end(&mut self) -> Result<(), Syntax> {
        match self.peek() {
            None => Ok(()),
            Some(_) => self.fail("the end of the line"),
        }
    }
}

/// JSON text without the white space between its tokens.
pub(super) fn compact(text: &[u8], out: &mut Vec<u8>) {
    let mut in_string = false;
    let mut escaped = false;
    for &byte in text {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
        } else if byte == b'"' {
            in_string = true;
        } else if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            continue;
        }
        out.push(byte);
    }
}
