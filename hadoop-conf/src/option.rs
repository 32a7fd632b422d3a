//! The description of one option, and the macro that writes a section of them.
//!
//! An option is a `static`: its key, its default in text form, its type and its documentation stand in one place,
//! and both the typed access (`configuration.get(&PARALLELISM)`) and the generated documentation read them there.
//! A key may hold one placeholder, `<name>`: then it stands for a family of options (one per token provider, one
//! per environment variable, ...) and is read with [`crate::Configuration::get_named`].

use std::collections::BTreeMap;
use std::marker::PhantomData;

use crate::Value;

/// What is known about an option, whatever its type.
#[derive(Debug)]
pub struct OptionSpec {
    /// The key, in Flink's words where Flink has it.
    pub key: &'static str,
    /// The default as it would be written, `None` if the option has none.
    pub default: Option<&'static str>,
    /// What the option does, in one paragraph of Markdown.
    pub description: &'static str,
    /// The type's name.
    pub type_name: &'static str,
    /// The allowed texts, if they can be listed.
    pub allowed: &'static [&'static str],
    /// Old names of this option. A value under an old name is taken over with a warning.
    pub deprecated: &'static [&'static str],
    /// Other options whose value counts if this one has none.
    pub fallback: &'static [&'static str],
    /// Smallest and largest number allowed (seconds for durations, bytes for sizes).
    pub range: Option<(f64, f64)>,
    /// Parses a text and checks its range.
    pub(crate) check: fn(&OptionSpec, &str) -> Result<(), String>,
}

impl OptionSpec {
    /// Checks that a text is a value of this option.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn check(&self, text: &str) -> Result<(), String> {
        (self.check)(self, text)
    }

    /// If the key has a placeholder: what comes before and after it.
    #[must_use]
    pub fn pattern(&self) -> Option<(&'static str, &'static str)> {
        let (prefix, rest) = self.key.split_once('<')?;
        let (_, suffix) = rest.split_once('>')?;
        Some((prefix, suffix))
    }

    /// Whether a key is this option's, or one of the family that this option stands for, or (for maps) an entry.
    #[must_use]
    pub fn covers(&self, key: &str) -> bool {
        match self.pattern() {
            Some((prefix, suffix)) => key
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_suffix(suffix))
                .is_some_and(|name| !name.is_empty()),
            None => key == self.key,
        }
    }
}

/// An option with its type. Made by the crate's `options!` tables only.
#[derive(Debug)]
pub struct ConfigOption<T> {
    /// What is known about it.
    pub spec: OptionSpec,
    marker: PhantomData<fn() -> T>,
}

/// An option with a default, which must be a value of the option's type (a test goes through them all).
pub(crate) const fn option<T: Value>(key: &'static str, default: &'static str) -> ConfigOption<T> {
    let mut option = required(key);
    option.spec.default = Some(default);
    option
}

/// An option without a default.
pub(crate) const fn optional<T: Value>(key: &'static str) -> ConfigOption<Option<T>> {
    required(key)
}

const fn required<T: Value>(key: &'static str) -> ConfigOption<T> {
    ConfigOption {
        spec: OptionSpec {
            key,
            default: None,
            description: "",
            type_name: T::TYPE,
            allowed: T::ALLOWED,
            deprecated: &[],
            fallback: &[],
            range: None,
            check: check::<T>,
        },
        marker: PhantomData,
    }
}

impl<T: Value> ConfigOption<T> {
    /// The option's key.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.spec.key
    }

    pub(crate) const fn describe(mut self, description: &'static str) -> Self {
        self.spec.description = description;
        self
    }

    /// Old names.
    pub(crate) const fn was(mut self, keys: &'static [&'static str]) -> Self {
        self.spec.deprecated = keys;
        self
    }

    /// Options that stand in when this one is not set.
    pub(crate) const fn or(mut self, keys: &'static [&'static str]) -> Self {
        self.spec.fallback = keys;
        self
    }

    /// Smallest and largest number.
    pub(crate) const fn range(mut self, least: f64, most: f64) -> Self {
        self.spec.range = Some((least, most));
        self
    }

    /// Parses a text as this option's value and checks its range.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn parse(&self, text: &str) -> Result<T, String> {
        parse(&self.spec, text)
    }

    /// The option's value among the settings that travel with a job, by key.
    ///
    /// # Errors
    /// A sentence that names the key and says what was expected.
    pub fn of_job(&self, settings: &BTreeMap<String, String>) -> Result<T, String> {
        let keys = std::iter::once(&self.spec.key).chain(self.spec.fallback);
        let set = keys.filter_map(|key| settings.get(*key)).next();
        match set.map(String::as_str).or(self.spec.default) {
            Some(text) => self
                .parse(text)
                .map_err(|reason| format!("option `{}` is `{text}`: {reason}", self.spec.key)),
            None => T::absent().ok_or_else(|| format!("option `{}` is not set", self.spec.key)),
        }
    }
}

fn parse<T: Value>(spec: &OptionSpec, text: &str) -> Result<T, String> {
    let value = T::parse(text)?;
    if let (Some((least, most)), Some(number)) = (spec.range, value.number())
        && !(least..=most).contains(&number)
    {
        return Err(if most == f64::INFINITY {
            format!("must be at least {least}")
        } else {
            format!("must be between {least} and {most}")
        });
    }
    Ok(value)
}

fn check<T: Value>(spec: &OptionSpec, text: &str) -> Result<(), String> {
    parse::<T>(spec, text).map(|_| ())
}

/// A titled group of options, in the order in which the documentation prints them.
#[derive(Debug)]
pub struct Section {
    /// The title.
    pub title: &'static str,
    /// The options.
    pub options: &'static [&'static OptionSpec],
}

/// Writes a file's options: the doc comment of each becomes its description, and `SECTION` lists them all.
macro_rules! options {
    ($title:literal; $( $(#[doc = $doc:literal])+ $name:ident: $type:ty = $init:expr; )+) => {
        $(
            $(#[doc = $doc])+
            pub static $name: $crate::ConfigOption<$type> = $init.describe(concat!($($doc),+));
        )+
        /// This file's options.
        pub(crate) static SECTION: $crate::Section =
            $crate::Section { title: $title, options: &[$(&$name.spec),+] };
    };
}
pub(crate) use options;
