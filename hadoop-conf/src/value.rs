//! Typed values: how the text of an option becomes a Rust value.
//!
//! A type that implements [`Value`] can be the type of a [`crate::ConfigOption`]. `Option<V>` is the type of an
//! option without a default. Enumerations are made with [`crate::config_enum!`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::{MemorySize, parse_duration, parse_list, parse_map};

/// A type that an option's text can be parsed into.
pub trait Value: Sized {
    /// The type's name in documentation and errors, in Flink's words ("Duration", "MemorySize", ...).
    const TYPE: &'static str;
    /// The allowed texts, if they can be listed.
    const ALLOWED: &'static [&'static str] = &[];

    /// Parses the text.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    fn parse(text: &str) -> Result<Self, String>;

    /// The value of an option that is neither set nor has a default; `None` if the type has no such value.
    fn absent() -> Option<Self> {
        None
    }

    /// The value as a number, for the check of a range; `None` for anything but numbers.
    fn number(&self) -> Option<f64> {
        None
    }
}

impl<V: Value> Value for Option<V> {
    const TYPE: &'static str = V::TYPE;
    const ALLOWED: &'static [&'static str] = V::ALLOWED;

    fn parse(text: &str) -> Result<Self, String> {
        V::parse(text).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn number(&self) -> Option<f64> {
        self.as_ref().and_then(V::number)
    }
}

impl Value for bool {
    const TYPE: &'static str = "Boolean";
    const ALLOWED: &'static [&'static str] = &["true", "false"];

    fn parse(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("true") {
            Ok(true)
        } else if text.eq_ignore_ascii_case("false") {
            Ok(false)
        } else {
            Err("expected true or false".to_owned())
        }
    }
}

macro_rules! numbers {
    ($($type:ty = $name:literal, $what:literal;)+) => {$(
        impl Value for $type {
            const TYPE: &'static str = $name;

            fn parse(text: &str) -> Result<Self, String> {
                text.trim().parse::<$type>().map_err(|_| format!($what, <$type>::MIN, <$type>::MAX))
            }

            fn number(&self) -> Option<f64> {
                Some(*self as f64)
            }
        }
    )+};
}

numbers! {
    u16 = "Integer", "expected a whole number from {} to {}";
    u32 = "Integer", "expected a whole number from {} to {}";
    i32 = "Integer", "expected a whole number from {} to {}";
    u64 = "Long", "expected a whole number from {} to {}";
    i64 = "Long", "expected a whole number from {} to {}";
}

impl Value for f64 {
    const TYPE: &'static str = "Double";

    fn parse(text: &str) -> Result<Self, String> {
        match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err("expected a finite number such as 0.75".to_owned()),
        }
    }

    fn number(&self) -> Option<f64> {
        Some(*self)
    }
}

impl Value for String {
    const TYPE: &'static str = "String";

    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl Value for PathBuf {
    const TYPE: &'static str = "Path";

    fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("expected a path".to_owned());
        }
        Ok(PathBuf::from(text.trim()))
    }
}

impl Value for Duration {
    const TYPE: &'static str = "Duration";

    fn parse(text: &str) -> Result<Self, String> {
        parse_duration(text)
    }

    /// In seconds.
    fn number(&self) -> Option<f64> {
        Some(self.as_secs_f64())
    }
}

impl Value for MemorySize {
    const TYPE: &'static str = "MemorySize";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
    }

    /// In bytes.
    fn number(&self) -> Option<f64> {
        Some(self.bytes() as f64)
    }
}

impl Value for Vec<String> {
    const TYPE: &'static str = "List<String>";

    fn parse(text: &str) -> Result<Self, String> {
        parse_list(text)
    }
}

impl Value for BTreeMap<String, String> {
    const TYPE: &'static str = "Map";

    fn parse(text: &str) -> Result<Self, String> {
        parse_map(text)
    }
}

/// Defines an enumeration whose variants have a text, and possibly more texts that are accepted. Texts are matched
/// without regard to case, as Flink does.
#[macro_export]
macro_rules! config_enum {
    (
        $(#[$meta:meta])*
        $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $text:literal $(| $alias:literal)* ),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )+
        }

        impl $name {
            /// The text that stands for this value in a configuration.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( $name::$variant => $text, )+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::Value for $name {
            const TYPE: &'static str = "Enum";
            const ALLOWED: &'static [&'static str] = &[$($text),+];

            fn parse(text: &str) -> ::std::result::Result<Self, ::std::string::String> {
                let text = text.trim();
                $( if [$text, $($alias),*].iter().any(|known| known.eq_ignore_ascii_case(text)) {
                    return Ok($name::$variant);
                } )+
                Err(format!("expected one of {}", <Self as $crate::Value>::ALLOWED.join(", ")))
            }
        }
    };
}
