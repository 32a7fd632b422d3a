//! Finds the fields of one record.
//!
//! A table of 256 bits says which bytes can end an unquoted field, so the common path is one load and
//! one test a byte. Fields are ranges of the input; only those with doubled quotes or escapes are
//! copied, into a scratch buffer that lives as long as the record.

use super::CsvOptions;

/// A field of the record that was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    start: usize,
    end: usize,
    /// Whether the range lies in the scratch buffer.
    copied: bool,
    /// Whether it stood in quotes.
    pub(super) quoted: bool,
}

/// What stands at the start of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A record that ends before this position; its fields are in [`Tokenizer::fields`].
    Record(usize),
    /// A comment or what cannot be read up to this position, with the reason of the latter.
    Skip(usize, Option<&'static str>),
    /// The input ends inside a record.
    Incomplete,
}

/// Finds fields; reused for all records of a file.
pub(super) struct Tokenizer {
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
    comments: bool,
    trim: bool,
    /// Bytes that an unquoted field has to stop at.
    special: [bool; 256],
    fields: Vec<Field>,
    scratch: Vec<u8>,
}

const UNTERMINATED: &str = "a quoted field does not end before the file does";
const AFTER_QUOTE: &str = "something other than a delimiter follows a closing quote";

impl Tokenizer {
    pub(super) fn new(options: &CsvOptions) -> Self {
        let mut special = [false; 256];
        for byte in [b'\n', b'\r', options.delimiter]
            .into_iter()
            .chain(options.escape)
        {
            special[usize::from(byte)] = true;
        }
        Tokenizer {
            delimiter: options.delimiter,
            quote: options.quote,
            escape: options.escape,
            comments: options.comments,
            trim: options.trim,
            special,
            fields: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// The fields of the last record.
    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The bytes of a field of the last record, which was read from `data`.
    #[inline]
    pub(super) fn bytes<'a>(&'a self, data: &'a [u8], field: Field) -> &'a [u8] {
        let from = if field.copied { &self.scratch } else { data };
        &from[field.start..field.end]
    }

    /// Reads the record at `start`. With `last` the end of `data` ends it.
    pub(super) fn next(&mut self, data: &[u8], start: usize, last: bool) -> Token {
        self.fields.clear();
        self.scratch.clear();
        if self.comments && data[start] == b'#' {
            return match line_end(data, start, last) {
                Some((_, next)) => Token::Skip(next, None),
                None => Token::Incomplete,
            };
        }
        let mut at = start;
        loop {
            if self.trim {
                while data
                    .get(at)
                    .is_some_and(|&b| b == b' ' && b != self.delimiter)
                {
                    at += 1;
                }
            }
            let opens = self.quote.is_some_and(|quote| data.get(at) == Some(&quote));
            let read = if opens {
                self.quoted(data, at, last)
            } else {
                self.unquoted(data, at, last)
            };
            let end = match read {
                Ok(end) => end,
                Err(Stop::Incomplete) => return Token::Incomplete,
                Err(Stop::Malformed(reason, from)) => {
                    return match line_end(data, from, last) {
                        Some((_, next)) => Token::Skip(next, Some(reason)),
                        None => Token::Incomplete,
                    };
                }
            };
            match data.get(end) {
                Some(&byte) if byte == self.delimiter => at = end + 1,
                Some(b'\r') if end + 1 == data.len() && !last => return Token::Incomplete,
                Some(b'\r') if data.get(end + 1) == Some(&b'\n') => return Token::Record(end + 2),
                Some(_) => return Token::Record(end + 1),
                None if last => return Token::Record(end),
                None => return Token::Incomplete,
            }
        }
    }

    /// Stores the unquoted field at `start`; answers where it ends.
    #[inline]
    fn unquoted(&mut self, data: &[u8], start: usize, last: bool) -> Result<usize, Stop> {
        let mut at = start;
        while at < data.len() && !self.special[usize::from(data[at])] {
            at += 1;
        }
        let copied = self
            .escape
            .is_some_and(|escape| data.get(at) == Some(&escape));
        if !copied {
            if at == data.len() && !last {
                return Err(Stop::Incomplete);
            }
            let mut end = at;
            if self.trim {
                while end > start && data[end - 1] == b' ' {
                    end -= 1;
                }
            }
            self.fields.push(Field {
                start,
                end,
                copied: false,
                quoted: false,
            });
            return Ok(at);
        }
        let scratch_start = self.scratch.len();
        self.scratch.extend_from_slice(&data[start..at]);
        // Blanks up to here were escaped, so that trimming leaves them.
        let mut escaped_to = scratch_start;
        while let Some(&byte) = data.get(at) {
            if Some(byte) == self.escape {
                let Some(&escaped) = data.get(at + 1) else {
                    break;
                };
                self.scratch.push(unescape(escaped));
                escaped_to = self.scratch.len();
                at += 2;
            } else if self.special[usize::from(byte)] {
                break;
            } else {
                self.scratch.push(byte);
                at += 1;
            }
        }
        if !last && at + 1 >= data.len() {
            return Err(Stop::Incomplete);
        }
        // An escape character as the very last byte of the file escapes nothing.
        while self.trim && self.scratch.len() > escaped_to && self.scratch.ends_with(b" ") {
            self.scratch.pop();
        }
        let dangling = self
            .escape
            .is_some_and(|escape| data.get(at) == Some(&escape));
        self.push_scratch(scratch_start, false);
        Ok(at + usize::from(dangling))
    }

    /// Stores the quoted field whose opening quote is at `open`; answers where it ends.
    fn quoted(&mut self, data: &[u8], open: usize, last: bool) -> Result<usize, Stop> {
        let Some(quote) = self.quote else {
            return Err(Stop::Incomplete);
        };
        let incomplete = if last {
            Stop::Malformed(UNTERMINATED, data.len())
        } else {
            Stop::Incomplete
        };
        let mut from = open + 1;
        let mut copied = false;
        let scratch_start = self.scratch.len();
        let mut at = from;
        loop {
            let found = match self.escape {
                Some(escape) => memchr::memchr2(quote, escape, &data[at..]),
                None => memchr::memchr(quote, &data[at..]),
            };
            let Some(offset) = found else {
                return Err(incomplete);
            };
            at += offset;
            let escaped = data.get(at + 1).copied();
            if data[at] != quote {
                let Some(escaped) = escaped else {
                    return Err(incomplete);
                };
                copied = true;
                self.scratch.extend_from_slice(&data[from..at]);
                self.scratch.push(unescape(escaped));
            } else if escaped == Some(quote) {
                copied = true;
                self.scratch.extend_from_slice(&data[from..=at]);
            } else if escaped.is_none() && !last {
                return Err(incomplete);
            } else {
                break;
            }
            at += 2;
            from = at;
        }
        if copied {
            self.scratch.extend_from_slice(&data[from..at]);
            self.push_scratch(scratch_start, true);
        } else {
            self.fields.push(Field {
                start: from,
                end: at,
                copied: false,
                quoted: true,
            });
        }
        let mut end = at + 1;
        while data
            .get(end)
            .is_some_and(|&b| (b == b' ' || b == b'\t') && b != self.delimiter)
        {
            end += 1;
        }
        match data.get(end) {
            None if !last => Err(Stop::Incomplete),
            None | Some(b'\n' | b'\r') => Ok(end),
            Some(&byte) if byte == self.delimiter => Ok(end),
            Some(_) => Err(Stop::Malformed(AFTER_QUOTE, end)),
        }
    }

    fn push_scratch(&mut self, start: usize, quoted: bool) {
        self.fields.push(Field {
            start,
            end: self.scratch.len(),
            copied: true,
            quoted,
        });
    }
}

/// Why a field could not be stored.
#[derive(Clone, Copy)]
enum Stop {
    Incomplete,
    /// Why, and from where on to look for the end of the line.
    Malformed(&'static str, usize),
}

/// What an escaped character stands for (Jackson's `_unescape`).
fn unescape(byte: u8) -> u8 {
    match byte {
        b'0' => 0,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}

/// Where the line that `from` lies in ends, and where the next one starts.
pub(super) fn line_end(data: &[u8], from: usize, last: bool) -> Option<(usize, usize)> {
    match memchr::memchr2(b'\n', b'\r', &data[from..]) {
        Some(offset) => {
            let at = from + offset;
            match (data[at], data.get(at + 1)) {
                (b'\r', Some(b'\n')) => Some((at, at + 2)),
                (b'\r', None) if !last => None,
                _ => Some((at, at + 1)),
            }
        }
        None if last => Some((data.len(), data.len())),
        None => None,
    }
}
