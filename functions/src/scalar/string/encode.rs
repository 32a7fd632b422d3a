//! Characters as codes and bytes as text.

use std::fmt::Write as _;

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::ArrayRef;
use arrow::datatypes::Int32Type;

use crate::compile::Args;
use crate::scalar::rows;

pub(super) fn ascii(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::primitives::<Int32Type>(args.rows, |row| {
        // The first byte, signed as in Java.
        Ok(texts
            .get(row)
            .map(|text| text.bytes().next().map_or(0, |b| i32::from(b as i8))))
    })
}

pub(super) fn chr(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let codes = args.long(0);
    rows::strings(args.rows, |row, out| {
        Ok(codes.get(row).map(|code| {
            if code >= 0 {
                out.push(char::from((code & 0xFF) as u8));
            }
        }))
    })
}

pub(super) fn to_base64(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let binary = args.types[0].kind.is_binary();
    rows::strings(args.rows, |row, out| {
        let bytes = if binary {
            args.bytes(0).get(row)
        } else {
            args.str(0).get(row).map(str::as_bytes)
        };
        Ok(bytes.map(|bytes| out.push_str(&openssl::base64::encode_block(bytes))))
    })
}

pub(super) fn from_base64(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::strings(args.rows, |row, out| {
        let Some(text) = texts.get(row) else {
            return Ok(None);
        };
        if text.is_empty() {
            return Ok(Some(()));
        }
        // Padding may be left out.
        let padded = format!("{text}{}", &"==="[..(4 - text.len() % 4) % 4]);
        let decoded = openssl::base64::decode_block(&padded).ok();
        Ok(decoded.map(|bytes| out.push_str(&String::from_utf8_lossy(&bytes))))
    })
}

pub(super) fn hex(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if args.types[0].kind.is_character() {
        let texts = args.str(0);
        return rows::strings(args.rows, |row, out| {
            Ok(texts.get(row).map(|text| {
                for byte in text.bytes() {
                    let _ = write!(out, "{byte:02X}");
                }
            }))
        });
    }
    let numbers = args.long(0);
    rows::strings(args.rows, |row, out| {
        Ok(numbers.get(row).map(|number| {
            let _ = write!(out, "{number:X}");
        }))
    })
}

pub(super) fn unhex(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::bytes(args.rows, |row| Ok(texts.get(row).and_then(from_hex)))
}

/// Two digits a byte; a first digit that stands alone is a byte.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let odd = text.len() % 2;
    let (first, rest) = text.split_at(odd);
    let pairs = (0..rest.len()).step_by(2).map(|at| &rest[at..at + 2]);
    let digits = Some(first)
        .filter(|first| !first.is_empty())
        .into_iter()
        .chain(pairs);
    digits
        .map(|pair| {
            let digits = pair.bytes().all(|b| b.is_ascii_hexdigit());
            digits.then(|| u8::from_str_radix(pair, 16).ok())?
        })
        .collect()
}

/// The character sets every Java has.
#[derive(Clone, Copy)]
enum Charset {
    Ascii,
    Latin1,
    Utf8,
    Utf16 { big: bool, mark: bool },
}

fn charset(name: &str) -> OperatorResult<Charset> {
    Ok(match name.to_uppercase().as_str() {
        "US-ASCII" | "ASCII" => Charset::Ascii,
        "ISO-8859-1" | "LATIN1" => Charset::Latin1,
        "UTF-8" | "UTF8" => Charset::Utf8,
        "UTF-16" => Charset::Utf16 {
            big: true,
            mark: true,
        },
        "UTF-16BE" => Charset::Utf16 {
            big: true,
            mark: false,
        },
        "UTF-16LE" => Charset::Utf16 {
            big: false,
            mark: false,
        },
        _ => {
            return Err(OperatorError::data(format!(
                "'{name}' is no character set here; use US-ASCII, ISO-8859-1, UTF-8, UTF-16, \
                 UTF-16BE or UTF-16LE"
            )));
        }
    })
}

pub(super) fn encode(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (texts, names) = (args.str(0), args.str(1));
    rows::bytes(args.rows, |row| {
        let Some((text, name)) = texts.get(row).zip(names.get(row)) else {
            return Ok(None);
        };
        let single = |most: u32| {
            let code = move |c: char| {
                if u32::from(c) <= most {
                    u32::from(c) as u8
                } else {
                    b'?'
                }
            };
            text.chars().map(code).collect()
        };
        let charset = charset(name)?;
        if text.is_empty() {
            return Ok(Some(Vec::new()));
        }
        Ok(Some(match charset {
            Charset::Ascii => single(0x7F),
            Charset::Latin1 => single(0xFF),
            Charset::Utf8 => text.as_bytes().to_vec(),
            Charset::Utf16 { big, mark } => {
                let units = mark
                    .then_some(0xFEFF)
                    .into_iter()
                    .chain(text.encode_utf16());
                let bytes = |unit: u16| {
                    if big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                };
                units.flat_map(bytes).collect()
            }
        }))
    })
}

pub(super) fn decode(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (values, names) = (args.bytes(0), args.str(1));
    rows::strings(args.rows, |row, out| {
        let Some((bytes, name)) = values.get(row).zip(names.get(row)) else {
            return Ok(None);
        };
        match charset(name)? {
            Charset::Ascii => {
                let decoded = |b: &u8| {
                    if b.is_ascii() {
                        char::from(*b)
                    } else {
                        '\u{FFFD}'
                    }
                };
                out.extend(bytes.iter().map(decoded));
            }
            Charset::Latin1 => out.extend(bytes.iter().map(|b| char::from(*b))),
            Charset::Utf8 => out.push_str(&String::from_utf8_lossy(bytes)),
            Charset::Utf16 { big, mark } => {
                let swapped = mark && bytes.starts_with(&[0xFF, 0xFE]);
                let marked = mark && (swapped || bytes.starts_with(&[0xFE, 0xFF]));
                let bytes = &bytes[if marked { 2 } else { 0 }..];
                let unit = |pair: &[u8]| {
                    let pair = [pair[0], *pair.get(1).unwrap_or(&0)];
                    if big && !swapped {
                        u16::from_be_bytes(pair)
                    } else {
                        u16::from_le_bytes(pair)
                    }
                };
                let units: Vec<u16> = bytes.chunks(2).map(unit).collect();
                out.push_str(&String::from_utf16_lossy(&units));
            }
        }
        Ok(Some(()))
    })
}
