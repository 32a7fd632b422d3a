//! Where a file is: a scheme, an authority and an absolute path, as Hadoop writes them.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use crate::error::StorageError;

/// An absolute, normalized location, for example `hdfs://nameservice1/user/alice/x` or `file:///tmp/x`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    scheme: String,
    authority: String,
    path: String,
}

impl Location {
    /// A file on this machine; relative paths are taken from the working directory.
    pub fn local(path: impl AsRef<Path>) -> Self {
        let absolute =
            std::path::absolute(path.as_ref()).unwrap_or_else(|_| path.as_ref().to_owned());
        Location {
            scheme: "file".to_owned(),
            authority: String::new(),
            path: normalize(&absolute.to_string_lossy()),
        }
    }

    /// `file`, `hdfs`, ...
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Host and port or name service; empty for local files.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The absolute path, `/` separated, without a trailing slash (except the root).
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is on this machine.
    pub fn is_local(&self) -> bool {
        self.scheme == "file"
    }

    /// The path for the operating system; meaningful for local locations only.
    pub fn to_path(&self) -> PathBuf {
        PathBuf::from(&self.path)
    }

    /// A location below this one.
    pub fn join(&self, relative: &str) -> Location {
        let path = normalize(&format!("{}/{}", self.path, relative));
        Location {
            path,
            ..self.clone()
        }
    }

    /// The folder it lies in; `None` for the root.
    pub fn parent(&self) -> Option<Location> {
        let (parent, name) = self.path.rsplit_once('/')?;
        if name.is_empty() {
            return None;
        }
        let path = if parent.is_empty() {
            "/".to_owned()
        } else {
            parent.to_owned()
        };
        Some(Location {
            path,
            ..self.clone()
        })
    }

    /// The last part of the path; empty for the root.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The path from `base` down to this one, without a leading slash; `None` when it is not below.
    pub fn relative_to(&self, base: &Location) -> Option<&str> {
        if self.scheme != base.scheme || self.authority != base.authority {
            return None;
        }
        let rest = self.path.strip_prefix(base.path.trim_end_matches('/'))?;
        if rest.is_empty() {
            Some(rest)
        } else {
            rest.strip_prefix('/')
        }
    }
}

/// Removes empty and `.` parts and resolves `..`.
fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

impl FromStr for Location {
    type Err = StorageError;

    /// Takes `scheme://authority/path`, `scheme:/path`, and plain paths, which are local.
    fn from_str(text: &str) -> Result<Self, StorageError> {
        let invalid = |reason: &str| StorageError::InvalidLocation {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        if text.trim().is_empty() {
            return Err(invalid("it is empty"));
        }
        let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, rest)| {
            rest.starts_with('/')
                && !scheme.is_empty()
                && scheme.chars().all(|c| c.is_ascii_alphanumeric())
        }) else {
            let path = Path::new(text);
            if path
                .components()
                .any(|part| matches!(part, Component::Prefix(_)))
            {
                return Err(invalid("drive letters are not supported"));
            }
            return Ok(Location::local(path));
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => match rest.find('/') {
                Some(slash) => (&rest[..slash], &rest[slash..]),
                None => (rest, "/"),
            },
            None => ("", rest),
        };
        if scheme == "file" && !(authority.is_empty() || authority == "localhost") {
            return Err(invalid(
                "a file: location has no host; write file:///path with three slashes",
            ));
        }
        let authority = if scheme == "file" { "" } else { authority };
        Ok(Location {
            scheme: scheme.to_ascii_lowercase(),
            authority: authority.to_owned(),
            path: normalize(path),
        })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_local() {
            f.write_str(&self.path)
        } else {
            write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Location {
        text.parse().unwrap()
    }

    #[test]
    fn understands_the_usual_forms() {
        assert_eq!(
            parse("hdfs://ns1/user//alice/./x/").to_string(),
            "hdfs://ns1/user/alice/x"
        );
        assert_eq!(parse("hdfs:/user/x").to_string(), "hdfs:///user/x");
        assert_eq!(parse("file:///tmp/a").to_string(), "/tmp/a");
        assert_eq!(parse("/tmp/a/../b").to_string(), "/tmp/b");
        assert_eq!(parse("/tmp/a:b").path(), "/tmp/a:b");
        assert!("file://host/x".parse::<Location>().is_err());
    }

    #[test]
    fn walks_up_and_down() {
        let base = parse("hdfs://ns1/a");
        let below = base.join("b/c");
        assert_eq!(below.relative_to(&base), Some("b/c"));
        assert_eq!(base.relative_to(&below), None);
        assert_eq!(parse("hdfs://ns1/ab").relative_to(&base), None);
        assert_eq!(below.parent().unwrap().parent().unwrap(), base);
        assert_eq!(parse("/").parent(), None);
    }
}
