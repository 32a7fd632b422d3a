//! Base64 by OpenSSL: standard with padding for SASL, URL-safe without for the text form of tokens.

/// Standard alphabet, padded, in one line.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    openssl::base64::encode_block(bytes)
}

/// URL-safe alphabet without padding.
#[must_use]
pub fn encode_url(bytes: &[u8]) -> String {
    // In place, because the text may be a secret that should lie in memory once.
    let mut text = encode(bytes).into_bytes();
    text.truncate(
        text.iter()
            .rposition(|b| *b != b'=')
            .map_or(0, |last| last + 1),
    );
    for byte in &mut text {
        match byte {
            b'+' => *byte = b'-',
            b'/' => *byte = b'_',
            _ => {}
        }
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Decodes either alphabet, with or without padding; `None` if the text is neither.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().trim_end_matches('=');
    if text.len() % 4 == 1
        || !text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(&b))
    {
        return None;
    }
    let mut standard = zeroize::Zeroizing::new(String::with_capacity(text.len() + 3));
    standard.extend(text.chars().map(|c| match c {
        '-' => '+',
        '_' => '/',
        other => other,
    }));
    while !standard.len().is_multiple_of(4) {
        standard.push('=');
    }
    openssl::base64::decode_block(&standard).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_forms_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes.clone()));
            prop_assert_eq!(decode(&encode_url(&bytes)), Some(bytes));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,20}") {
            let _ = decode(&text);
        }
    }
}
