//! Lists of who may do something, in Hadoop's syntax (`AccessControlList`): users separated by commas, a blank,
//! groups separated by commas. `*` is everyone, a blank alone nobody.

use std::collections::BTreeSet;
use std::fmt;

/// A list of users and groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acl {
    /// Everyone.
    Everyone,
    /// These.
    Only {
        /// Names of users.
        users: BTreeSet<String>,
        /// Names of groups.
        groups: BTreeSet<String>,
    },
}

/// A text that is no list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a list of who may: expected 'user1,user2 group1,group2' or '*' alone")]
pub struct AclError(String);

impl Acl {
    /// Nobody.
    #[must_use]
    pub fn nobody() -> Self {
        Acl::Only {
            users: BTreeSet::new(),
            groups: BTreeSet::new(),
        }
    }

    /// Reads a list. A `*` among other names is refused, because it looks like more than it would be.
    ///
    /// # Errors
    /// If the text has a third part or a `*` among names.
    pub fn parse(text: &str) -> Result<Self, AclError> {
        if text.trim() == "*" {
            return Ok(Acl::Everyone);
        }
        let wrong = || AclError(text.to_owned());
        if text.contains('*') {
            return Err(wrong());
        }
        // A text that begins with a blank has no users.
        let (users, groups) = text
            .trim_end()
            .split_once(' ')
            .unwrap_or((text.trim_end(), ""));
        let names = |list: &str| -> BTreeSet<String> {
            list.split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect()
        };
        if groups.trim().contains(' ') {
            return Err(wrong());
        }
        Ok(Acl::Only {
            users: names(users),
            groups: names(groups),
        })
    }

    /// Whether a user, who is in these groups, is on the list.
    #[must_use]
    pub fn admits(&self, user: &str, groups_of_user: &[&str]) -> bool {
        match self {
            Acl::Everyone => true,
            Acl::Only { users, groups } => {
                users.contains(user) || groups_of_user.iter().any(|group| groups.contains(*group))
            }
        }
    }
}

impl fmt::Display for Acl {
    /// As [`Acl::parse`] and YARN read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Acl::Everyone => f.write_str("*"),
            Acl::Only { users, groups } => {
                let join = |names: &BTreeSet<String>| {
                    names
                        .iter()
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                        .join(",")
                };
                write!(f, "{} {}", join(users), join(groups))
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn hadoops_syntax() {
        // The first blank separates users from groups, also where a person meant one list.
        assert!(!Acl::parse("alice, bob").unwrap().admits("bob", &[]));
        let acl = Acl::parse("alice,bob ops,dev").unwrap();
        assert!(acl.admits("alice", &[]) && acl.admits("eve", &["x", "dev"]));
        assert!(!acl.admits("eve", &["x"]) && !acl.admits("dev", &[]));
        assert!(Acl::parse(" ops").unwrap().admits("eve", &["ops"]));
        assert_eq!(Acl::parse(" ").unwrap(), Acl::nobody());
        assert_eq!(Acl::parse("").unwrap(), Acl::nobody());
        assert!(Acl::parse(" * ").unwrap().admits("anyone", &[]));
        for bad in ["a,*", "* ops", "a b c"] {
            assert!(Acl::parse(bad).is_err(), "{bad}");
        }
        for text in ["*", "a,b c", "a ", " g", " "] {
            let acl = Acl::parse(text).unwrap();
            assert_eq!(Acl::parse(&acl.to_string()).unwrap(), acl, "{text}");
        }
    }
}
