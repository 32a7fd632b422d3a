//! Tells which line ends are inside quotes, without reading fields.
//!
//! A file may be read from the middle only where a record starts. With quotes that cannot be seen from
//! the place itself: a newline may be part of a field. The scanner goes through a file from its start
//! and knows at every position whether it is inside quotes, by the tokenizer's own rule: a quote opens a
//! field only behind a delimiter or a line end, and a doubled quote inside does not close it. It only
//! looks at quotes, so it runs many times faster than the decoder.

/// Follows quotes through a file, block by block.
#[derive(Clone, Debug)]
pub(crate) struct QuoteScanner {
    quote: u8,
    delimiter: u8,
    inside: bool,
    /// Inside, the last byte of the block before was a quote: closing, unless another one follows.
    pending: bool,
    /// The last byte seen; a line end at the start of the file.
    previous: u8,
}

impl QuoteScanner {
    /// A scanner at the start of a file.
    pub(crate) fn new(quote: u8, delimiter: u8) -> Self {
        QuoteScanner {
            quote,
            delimiter,
            inside: false,
            pending: false,
            previous: b'\n',
        }
    }

    /// Goes over a block.
    pub(crate) fn advance(&mut self, block: &[u8]) {
        let Some(&end) = block.last() else {
            return;
        };
        let mut at = 0;
        if self.pending {
            self.pending = false;
            if block[0] == self.quote {
                at = 1;
            } else {
                self.inside = false;
            }
        }
        while let Some(offset) = memchr::memchr(self.quote, &block[at..]) {
            at += offset;
            if self.inside {
                match block.get(at + 1) {
                    None => self.pending = true,
                    Some(&next) if next == self.quote => at += 1,
                    Some(_) => self.inside = false,
                }
            } else {
                let before = if at == 0 {
                    self.previous
                } else {
                    block[at - 1]
                };
                self.inside = before == self.delimiter || before == b'\n' || before == b'\r';
            }
            at += 1;
        }
        self.previous = end;
    }

    /// Goes on to the first place in `block` where a record starts behind a line end that is not inside
    /// quotes; answers how many bytes lie before it. `None` after the whole block.
    pub(crate) fn next_record(&mut self, block: &[u8]) -> Option<usize> {
        let mut from = 0;
        while let Some(offset) = memchr::memchr(b'\n', &block[from..]) {
            let end = from + offset + 1;
            self.advance(&block[from..end]);
            if !self.inside {
                return Some(end);
            }
            from = end;
        }
        self.advance(&block[from..]);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newlines_inside_quotes_do_not_count() {
        let data = b"1,\"a\nb\"\"\n\"\n2,x\"y\n3,\"\"\n4,z";
        let mut starts = Vec::new();
        let (mut scanner, mut at) = (QuoteScanner::new(b'"', b','), 0);
        while let Some(length) = scanner.next_record(&data[at..]) {
            at += length;
            starts.push(at);
        }
        let texts: Vec<_> = starts.iter().map(|&at| data[at]).collect();
        assert_eq!(texts, *b"234");
    }

    #[test]
    fn blocks_may_end_anywhere() {
        let data = b"\"a\"\"\nb\",\"\"\"\n\",c\n\"x\"\n";
        for cut in 0..data.len() {
            let mut scanner = QuoteScanner::new(b'"', b',');
            scanner.advance(&data[..cut]);
            scanner.advance(&data[cut..]);
            assert!(!scanner.inside, "cut at {cut}");
            let mut parts = QuoteScanner::new(b'"', b',');
            parts.advance(&data[..cut]);
            let found = parts.next_record(&data[cut..]).map(|length| cut + length);
            let expected = [16, 20].into_iter().find(|&start| start > cut);
            assert_eq!(found, expected, "cut at {cut}");
        }
    }
}
