//! What was configured: text values with their sources, read through typed options.
//!
//! A key can be set by several sources at once (a file and `-D`, say); [`Source`]'s order decides which value
//! counts, and taking one source away (`RESET`) uncovers the one below. Old key names are translated when they
//! come in, so that only present names are stored. Within one source the present name wins over an old one, as in
//! Flink. A value is checked when it comes in: reading a value that was set cannot fail for its text.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::flink_keys::Reason;
use crate::known::{Known, look_up};
use crate::{ConfigError, ConfigOption, OptionSpec, Source, Value};

/// A value and its origin.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    value: String,
    source: Source,
    /// The old name under which it was written, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written_as: Option<String>,
}

/// Everything that was configured. Serializable, so that a whole configuration can travel to another process.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Configuration {
    /// Per key, the values by ascending rank of their sources; never empty.
    values: BTreeMap<String, Vec<Entry>>,
}

/// Something that a user should know about a key that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The key as written.
    pub key: String,
    /// Where it was written.
    pub source: Source,
    /// What about it.
    pub kind: WarningKind,
}

/// The kinds of [`Warning`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WarningKind {
    /// The key is an old name; these are the present ones.
    Deprecated(Vec<&'static str>),
    /// A key of Flink's that changes nothing here, and why.
    Ignored(Reason),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Warning { key, source, kind } = self;
        match kind {
            WarningKind::Deprecated(present) => {
                write!(
                    f,
                    "option '{key}' ({source}) is an old name; write '{}'",
                    present.join("' and '")
                )
            }
            WarningKind::Ignored(reason) => {
                write!(f, "option '{key}' ({source}) is ignored: {reason}")
            }
        }
    }
}

impl Configuration {
    /// An empty configuration: every option has its default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key. A key that Flink has without us changes nothing and gives a warning.
    ///
    /// # Errors
    /// If nobody knows the key, or its value is not of the option's type.
    pub fn set(
        &mut self,
        key: &str,
        value: &str,
        source: Source,
    ) -> Result<Option<Warning>, ConfigError> {
        match look_up(key) {
            Known::Option(spec) => {
                if key == spec.key || spec.pattern().is_some() {
                    check(spec, key, value, &source)?;
                }
                self.put(
                    key.to_owned(),
                    Entry {
                        value: value.to_owned(),
                        source,
                        written_as: None,
                    },
                );
                Ok(None)
            }
            Known::Renamed(specs) => {
                for spec in &specs {
                    check(spec, key, value, &source)?;
                    let written_as = Some(key.to_owned());
                    self.put(
                        spec.key.to_owned(),
                        Entry {
                            value: value.to_owned(),
                            source: source.clone(),
                            written_as,
                        },
                    );
                }
                let present = specs.iter().map(|spec| spec.key).collect();
                Ok(Some(Warning {
                    key: key.to_owned(),
                    source,
                    kind: WarningKind::Deprecated(present),
                }))
            }
            Known::Ignored(reason) => Ok(Some(Warning {
                key: key.to_owned(),
                source,
                kind: WarningKind::Ignored(reason),
            })),
            Known::Unknown { nearest } => Err(ConfigError::UnknownKey {
                key: key.to_owned(),
                from: source,
                nearest,
            }),
        }
    }

    /// Sets an option whose value the software itself decided.
    ///
    /// # Errors
    /// If the value is not of the option's type.
    pub fn set_option<T: Value>(
        &mut self,
        option: &ConfigOption<T>,
        value: &str,
        source: Source,
    ) -> Result<(), ConfigError> {
        self.set(option.key(), value, source).map(|_| ())
    }

    fn put(&mut self, key: String, entry: Entry) {
        let entries = self.values.entry(key).or_default();
        let rank = entry.source.rank();
        match entries.binary_search_by_key(&rank, |known| known.source.rank()) {
            // The present name wins over an old one in the same source; else what comes later wins.
            Ok(at) if entries[at].written_as.is_none() && entry.written_as.is_some() => {}
            Ok(at) => entries[at] = entry,
            Err(at) => entries.insert(at, entry),
        }
    }

    /// Takes back what `SET` statements have set: for one key, or for all.
    pub fn reset_sql(&mut self, key: Option<&str>) {
        let sql = Source::Sql { line: 0 }.rank();
        let keys: Vec<String> = match key.map(look_up) {
            Some(Known::Renamed(specs)) => specs.iter().map(|spec| spec.key.to_owned()).collect(),
            Some(_) => key.iter().map(|key| (*key).to_owned()).collect(),
            None => self.values.keys().cloned().collect(),
        };
        for key in keys {
            if let Some(entries) = self.values.get_mut(&key) {
                entries.retain(|entry| entry.source.rank() != sql);
                if entries.is_empty() {
                    self.values.remove(&key);
                }
            }
        }
    }

    /// The value of an option: what was set, else what an option that stands in for it was set to, else its
    /// default.
    ///
    /// # Errors
    /// If the text is no value of the option (possible only for an option that another one stands in for), or the
    /// option is a family and needs [`Configuration::get_named`].
    pub fn get<T: Value>(&self, option: &ConfigOption<T>) -> Result<T, ConfigError> {
        if option.spec.pattern().is_some() {
            return Err(ConfigError::NeedsName {
                key: option.spec.key,
            });
        }
        self.get_key(option, option.spec.key)
    }

    /// The value of one option of a family: `name` takes the place of the placeholder.
    ///
    /// # Errors
    /// As [`Configuration::get`].
    pub fn get_named<T: Value>(
        &self,
        option: &ConfigOption<T>,
        name: &str,
    ) -> Result<T, ConfigError> {
        let Some((prefix, suffix)) = option.spec.pattern() else {
            return self.get(option);
        };
        self.get_key(option, &format!("{prefix}{name}{suffix}"))
    }

    fn get_key<T: Value>(&self, option: &ConfigOption<T>, key: &str) -> Result<T, ConfigError> {
        let spec = &option.spec;
        let set = std::iter::once(key)
            .chain(spec.fallback.iter().copied())
            .find_map(|k| Some((k, self.entry(k)?)));
        let bad = |key: &str, value: &str, from: Source, expected: String| ConfigError::BadValue {
            key: key.to_owned(),
            value: shown(spec.key, value),
            from,
            expected,
        };
        if let Some((key, entry)) = set {
            return option
                .parse(&entry.value)
                .map_err(|expected| bad(key, &entry.value, entry.source.clone(), expected));
        }
        if spec.type_name == "Map"
            && let Some(text) = self.gathered_map(key)
        {
            let from = Source::Deployment("the entries of the map".to_owned());
            return option
                .parse(&text)
                .map_err(|expected| bad(key, &text, from, expected));
        }
        let default = Source::Deployment("its default".to_owned());
        match spec.default {
            Some(text) => option
                .parse(text)
                .map_err(|expected| bad(key, text, default, expected)),
            None => T::absent()
                .ok_or_else(|| bad(key, "", default, "the option must be set".to_owned())),
        }
    }

    /// A map whose entries were written as keys of their own, in the syntax of a map.
    fn gathered_map(&self, key: &str) -> Option<String> {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let prefix = format!("{key}.");
        let entries: Vec<String> = self
            .values
            .range(prefix.clone()..)
            .map_while(|(key, entries)| Some((key.strip_prefix(&prefix)?, entries.last()?)))
            .map(|(name, entry)| format!("{}:{}", quoted(name), quoted(&entry.value)))
            .collect();
        (!entries.is_empty()).then(|| entries.join(","))
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.values.get(key)?.last()
    }

    /// Whether the option (not one that stands in for it) was set.
    #[must_use]
    pub fn is_set<T>(&self, option: &ConfigOption<T>) -> bool {
        self.values.contains_key(option.spec.key)
    }

    /// Where the value of a key came from, `None` if it was not set.
    #[must_use]
    pub fn source(&self, key: &str) -> Option<&Source> {
        self.entry(key).map(|entry| &entry.source)
    }

    /// The names for which options of a family were set, in alphabetical order.
    #[must_use]
    pub fn names<T>(&self, family: &ConfigOption<T>) -> Vec<String> {
        let Some((prefix, suffix)) = family.spec.pattern() else {
            return Vec::new();
        };
        let name = |key: &String| Some(key.strip_prefix(prefix)?.strip_suffix(suffix)?.to_owned());
        self.values
            .keys()
            .filter_map(name)
            .filter(|name| !name.is_empty())
            .collect()
    }

    /// Every key that was set with its value (secrets masked) and its source, in alphabetical order.
    pub fn shown(&self) -> impl Iterator<Item = (&str, String, &Source)> {
        self.values.iter().filter_map(|(key, entries)| {
            let entry = entries.last()?;
            Some((key.as_str(), shown(key, &entry.value), &entry.source))
        })
    }

    /// Forgets what was set for an option, from wherever.
    pub fn remove<T: Value>(&mut self, option: &ConfigOption<T>) {
        self.values.remove(option.key());
    }

    /// The configuration without the values of secrets: what other processes may be told.
    #[must_use]
    pub fn without_secrets(&self) -> Configuration {
        let mut values = self.values.clone();
        for (key, entries) in &mut values {
            entries.retain(|entry| shown(key, &entry.value) == entry.value);
        }
        values.retain(|_, entries| !entries.is_empty());
        Configuration { values }
    }

    /// Every key that was set with its value in clear. For handing a configuration on, never for showing it.
    pub fn raw(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .filter_map(|(key, entries)| Some((key.as_str(), entries.last()?.value.as_str())))
    }
}

fn check(spec: &OptionSpec, key: &str, value: &str, source: &Source) -> Result<(), ConfigError> {
    spec.check(value).map_err(|expected| ConfigError::BadValue {
        key: key.to_owned(),
        value: shown(key, value),
        from: source.clone(),
        expected,
    })
}

/// The value as people may see it: masked if the key sounds like a secret.
fn shown(key: &str, value: &str) -> String {
    /// What makes a key sound like a secret (Flink's `GlobalConfiguration.SENSITIVE_KEYS` has the same idea).
    const SECRET_WORDS: &[&str] = &[
        "password",
        "secret",
        "apikey",
        "api-key",
        "auth-params",
        "basic-auth",
        "jaas.config",
    ];
    let key = key.to_ascii_lowercase();
    if SECRET_WORDS.iter().any(|word| key.contains(word)) {
        "******".to_owned()
    } else {
        value.to_owned()
    }
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.shown()
                    .map(|(key, value, source)| (key, format!("{value} ({source})"))),
            )
            .finish()
    }
}

#[cfg(test)]
mod tests;
