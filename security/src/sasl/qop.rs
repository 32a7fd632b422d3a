//! Quality of protection: SASL's word, and Hadoop's for the same thing.

use std::fmt;

/// What is done to messages after the negotiation, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Qop {
    /// Nothing: `auth`, Hadoop's `authentication`.
    Auth,
    /// They are signed: `auth-int`, Hadoop's `integrity`.
    Integrity,
    /// They are signed and encrypted: `auth-conf`, Hadoop's `privacy`.
    Confidentiality,
}

impl Qop {
    /// SASL's name.
    #[must_use]
    pub const fn sasl_name(self) -> &'static str {
        match self {
            Qop::Auth => "auth",
            Qop::Integrity => "auth-int",
            Qop::Confidentiality => "auth-conf",
        }
    }

    /// Hadoop's name.
    #[must_use]
    pub const fn hadoop_name(self) -> &'static str {
        match self {
            Qop::Auth => "authentication",
            Qop::Integrity => "integrity",
            Qop::Confidentiality => "privacy",
        }
    }

    /// By SASL's name.
    #[must_use]
    pub fn from_sasl_name(name: &str) -> Option<Self> {
        [Qop::Auth, Qop::Integrity, Qop::Confidentiality]
            .into_iter()
            .find(|qop| qop.sasl_name() == name)
    }

    /// Reads a list of Hadoop's names, as in `hadoop.rpc.protection`: the order is the order of preference.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn parse_hadoop_list(text: &str) -> Result<Vec<Self>, String> {
        let one = |name: &str| match name.trim().to_ascii_lowercase().as_str() {
            "authentication" => Ok(Qop::Auth),
            "integrity" => Ok(Qop::Integrity),
            "privacy" => Ok(Qop::Confidentiality),
            other => Err(format!(
                "'{other}' is no protection; expected authentication, integrity or privacy"
            )),
        };
        text.split(',')
            .filter(|name| !name.trim().is_empty())
            .map(one)
            .collect()
    }

    /// Names of several, for errors.
    pub(super) fn names(list: &[Self]) -> String {
        let names: Vec<&str> = list.iter().map(|qop| qop.hadoop_name()).collect();
        names.join(", ")
    }

    /// The first of `preferred` that is among `offered`.
    pub(super) fn choose(preferred: &[Self], offered: &[Self]) -> Option<Self> {
        preferred.iter().copied().find(|qop| offered.contains(qop))
    }
}

impl fmt::Display for Qop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hadoop_name())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_own_order_decides() {
        let list = Qop::parse_hadoop_list("privacy, Integrity").unwrap();
        assert_eq!(list, [Qop::Confidentiality, Qop::Integrity]);
        assert_eq!(
            Qop::choose(&list, &[Qop::Auth, Qop::Integrity]),
            Some(Qop::Integrity)
        );
        assert_eq!(Qop::choose(&list, &[Qop::Auth]), None);
        assert!(Qop::parse_hadoop_list("secret").is_err());
    }
}
