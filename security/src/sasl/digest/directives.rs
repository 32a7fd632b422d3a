//! The syntax of DIGEST-MD5's messages: `name=value,name="quoted value",...`.

use super::NAME;
use crate::sasl::SaslError;

/// Names (in lower case) and values, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Directives(Vec<(String, String)>);

pub(super) fn wrong(reason: impl Into<String>) -> SaslError {
    SaslError::Protocol {
        mechanism: NAME,
        reason: reason.into(),
    }
}

impl Directives {
    pub(super) fn parse(message: &[u8]) -> Result<Self, SaslError> {
        let text = std::str::from_utf8(message).map_err(|_| wrong("it is not UTF-8 text"))?;
        let mut rest = text.trim_matches([' ', '\t', '\r', '\n', ',']);
        let mut found = Vec::new();
        while !rest.is_empty() {
            let (name, after) = rest
                .split_once('=')
                .ok_or_else(|| wrong("a directive has no value"))?;
            let name = name.trim().to_ascii_lowercase();
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                return Err(wrong("a directive has no name"));
            }
            let after = after.trim_start();
            let (value, after) = match after.strip_prefix('"') {
                Some(quoted) => unquote(quoted)?,
                None => {
                    let end = after.find(',').unwrap_or(after.len());
                    (after[..end].trim().to_owned(), &after[end..])
                }
            };
            found.push((name, value));
            let after = after.trim_start();
            if !after.is_empty() && !after.starts_with(',') {
                return Err(wrong("two directives are not separated by a comma"));
            }
            rest = after.trim_start_matches([' ', '\t', '\r', '\n', ',']);
        }
        Ok(Directives(found))
    }

    /// The value of a directive that may stand once at most.
    pub(super) fn once<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, SaslError> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(wrong(format!("'{name}' stands twice")));
        }
        Ok(first)
    }

    /// The value of a directive that must stand once.
    pub(super) fn need<'a>(&'a self, name: &'a str) -> Result<&'a str, SaslError> {
        self.once(name)?
            .ok_or_else(|| wrong(format!("'{name}' is missing")))
    }

    /// The values of a directive that may stand several times.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Reads a quoted value behind its first quote; gives it and what follows its last.
fn unquote(text: &str) -> Result<(String, &str), SaslError> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    Err(wrong("a quote is not closed"))
}

/// A quoted value.
pub(super) fn quote(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quoted_and_plain() {
        let d = Directives::parse(b"realm=\"a,b\",realm=\"c\\\"d\" , qop=auth,nonce=\"\"").unwrap();
        assert_eq!(d.all("realm").collect::<Vec<_>>(), ["a,b", "c\"d"]);
        assert_eq!(d.need("qop").unwrap(), "auth");
        assert_eq!(d.need("nonce").unwrap(), "");
        assert!(d.once("realm").is_err());
        assert!(d.need("none").is_err());
        for bad in ["realm", "=x", "a=\"x", "a=\"x\"b=1"] {
            assert!(Directives::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_quoted_value_reads_back(value in ".{0,20}") {
            let text = format!("x={}", quote(&value));
            let directives = Directives::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(directives.need("x").unwrap(), value);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40), text in "[a=\", \\\\]{0,20}") {
            let _ = Directives::parse(&bytes);
            let _ = Directives::parse(text.as_bytes());
        }
    }
}
