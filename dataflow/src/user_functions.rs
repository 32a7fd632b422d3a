//! Functions of users as they travel with a job: a module's bytes, and what is in it.
//!
//! An expression or aggregate call names such a function by its id, `name@digest`: the name under which SQL knows
//! it, and the first digits of the SHA-256 of its module. So a worker that runs several jobs, one after the other, never
//! takes one version of a function for another, while operator ids, which are made of names alone, stay.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::types::LogicalType;

/// What stands between a function's name and its module's digest.
const SEPARATOR: char = '@';

/// The functions that a job calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UserFunctions {
    /// Modules by digest.
    pub modules: BTreeMap<String, ModuleCode>,
    /// What is called of them.
    pub functions: Vec<UserFunctionSpec>,
}

/// One function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserFunctionSpec {
    /// Under which it is called in expressions.
    pub id: String,
    /// Digest of the module.
    pub module: String,
    /// Its name in the module.
    pub entry: String,
    /// What it is.
    pub kind: UserFunctionKind,
    /// Types of its arguments.
    pub arg_types: Vec<LogicalType>,
    /// Type of its result.
    pub result: LogicalType,
}

/// What a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserFunctionKind {
    /// A value for each row.
    Scalar,
    /// A value for each group.
    Aggregate,
}

/// A module's bytes; in JSON as hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct ModuleCode(pub Arc<[u8]>);

impl fmt::Debug for ModuleCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModuleCode({} bytes)", self.0.len())
    }
}

impl Serialize for ModuleCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let text: String = digits
            .map(|digit| char::from(DIGITS[usize::from(digit)]))
            .collect();
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for ModuleCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = || serde::de::Error::custom("a module is an even number of hexadecimal digits");
        let text = String::deserialize(deserializer)?;
        let digit = |digit: u8| char::from(digit).to_digit(16).ok_or_else(wrong);
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if !rest.is_empty() {
            return Err(wrong());
        }
        let byte = |[high, low]: &[u8; 2]| Ok((digit(*high)? << 4 | digit(*low)?) as u8);
        let bytes: Result<Vec<u8>, D::Error> = pairs.iter().map(byte).collect();
        Ok(ModuleCode(bytes?.into()))
    }
}

/// The id of a function of the user.
pub fn user_function_id(name: &str, digest: &str) -> String {
    let digest = digest.get(..16).unwrap_or(digest);
    format!("{name}{SEPARATOR}{digest}")
}

/// Whether the name of a function in an expression is the id of a function of the user.
pub fn is_user_function(function: &str) -> bool {
    function.contains(SEPARATOR)
}

/// The name of a function as SQL knows it, for messages and plans.
pub fn function_name(function: &str) -> &str {
    function
        .rsplit_once(SEPARATOR)
        .map_or(function, |(name, _)| name)
}

impl UserFunctions {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_module_survives_json() {
        let code = ModuleCode(Arc::from([0u8, 97, 115, 109, 255]));
        let text = serde_json::to_string(&code).unwrap();
        assert_eq!(text, "\"0061736dff\"");
        assert_eq!(serde_json::from_str::<ModuleCode>(&text).unwrap(), code);
        for wrong in ["\"0\"", "\"0g\"", "1"] {
            assert!(
                serde_json::from_str::<ModuleCode>(wrong).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn an_id_keeps_the_name() {
        let id = user_function_id("c.d.f", "0123456789abcdef0123");
        assert!(is_user_function(&id) && !is_user_function("UPPER"));
        assert_eq!(function_name(&id), "c.d.f");
        assert_eq!(function_name("||"), "||");
    }
}
