//! Digests, as hexadecimal text. OpenSSL computes them; in FIPS mode it refuses MD5.

use std::fmt::Write as _;
use std::sync::Arc;

use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{ArrayRef, Int32Array};
use openssl::hash::{MessageDigest, hash};

use crate::compile::Args;
use crate::registry::signature::{Param, Returns, Simple, Typing, takes};
use crate::registry::{Category, Kernel, ScalarFunction};
use crate::scalar::rows;

const C: Category = Category::Hash;
const TEXT: Typing = takes(&[Param::StrOrBytes], Returns::Is(Simple::Str));

const fn digest(name: &'static str, signature: &'static str, kernel: Kernel) -> ScalarFunction {
    ScalarFunction::new(C, name, signature, TEXT, kernel)
}

pub(crate) static TABLE: &[ScalarFunction] = &[
    digest("MD5", "MD5(string)", md5)
        .fails()
        .doc("The MD5 digest, 32 digits.", "MD5('a')"),
    digest("SHA1", "SHA1(string)", sha1).doc("The SHA-1 digest, 40 digits.", "SHA1('a')"),
    digest("SHA224", "SHA224(string)", sha224).doc("The SHA-224 digest.", "SHA224('a')"),
    digest("SHA256", "SHA256(string)", sha256).doc("The SHA-256 digest.", "SHA256('a')"),
    digest("SHA384", "SHA384(string)", sha384).doc("The SHA-384 digest.", "SHA384('a')"),
    digest("SHA512", "SHA512(string)", sha512).doc("The SHA-512 digest.", "SHA512('a')"),
    ScalarFunction::new(
        C,
        "SHA2",
        "SHA2(string, INT bits)",
        takes(&[Param::StrOrBytes, Param::Int], Returns::Is(Simple::Str)),
        sha2,
    )
    .fails()
    .doc(
        "The SHA-2 digest of 224, 256, 384 or 512 bits.",
        "SHA2('a', 256)",
    ),
    ScalarFunction::new(
        C,
        "HASH_CODE",
        "HASH_CODE(any)",
        takes(&[Param::Any], Returns::NotNull(Simple::Int)),
        hash_code,
    )
    .doc(
        "A hash that is not negative and the same in every run; NULL has one, too. (Not Java's.)",
        "HASH_CODE('a')",
    ),
];

/// The upper half of the row's hash, without its sign.
fn hash_code(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let hashes = hash_columns(&[args.column(0)?], args.rows)?;
    let codes = hashes.iter().map(|hash| (hash >> 33) as i32);
    Ok(Arc::new(Int32Array::from_iter_values(codes)))
}

fn digested(
    args: &Args<'_>,
    algorithm: impl Fn(usize) -> OperatorResult<Option<MessageDigest>>,
) -> OperatorResult<ArrayRef> {
    let binary = args.types[0].kind.is_binary();
    rows::strings(args.rows, |row, out| {
        let bytes = if binary {
            args.bytes(0).get(row)
        } else {
            args.str(0).get(row).map(str::as_bytes)
        };
        let Some((bytes, algorithm)) = bytes.zip(algorithm(row)?) else {
            return Ok(None);
        };
        let digest = hash(algorithm, bytes).map_err(|error| {
            OperatorError::fatal("OpenSSL refuses the digest; a FIPS build allows SHA-2 only")
                .with_source(error)
        })?;
        for byte in digest.iter() {
            let _ = write!(out, "{byte:02x}");
        }
        Ok(Some(()))
    })
}

macro_rules! digests {
    ($($name:ident = $algorithm:ident;)*) => {
        $(fn $name(args: &Args<'_>) -> OperatorResult<ArrayRef> {
            digested(args, |_| Ok(Some(MessageDigest::$algorithm())))
        })*
    };
}

digests! {
    md5 = md5;
    sha1 = sha1;
    sha224 = sha224;
    sha256 = sha256;
    sha384 = sha384;
    sha512 = sha512;
}

fn sha2(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let bits = args.int(1);
    digested(args, |row| match bits.get(row) {
        None => Ok(None),
        Some(224) => Ok(Some(MessageDigest::sha224())),
        Some(256) => Ok(Some(MessageDigest::sha256())),
        Some(384) => Ok(Some(MessageDigest::sha384())),
        Some(512) => Ok(Some(MessageDigest::sha512())),
        Some(other) => Err(OperatorError::data(format!(
            "SHA2 has 224, 256, 384 or 512 bits, not {other}"
        ))),
    })
}
