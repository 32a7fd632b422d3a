//! Every option, grouped in files by section.
//!
//! To add one: write it in the file of its section, with Flink's key, default and meaning where Flink has it. The
//! documentation and the check of unknown keys follow from that. A test holds every default against its type.

pub mod checkpointing;
pub mod cluster;
pub mod execution;
pub mod hadoop;
pub mod high_availability;
pub mod rest;
pub mod restart;
pub mod security;
pub mod state;
pub mod table;
pub mod taskmanager;
pub mod testing;
pub mod yarn;

use crate::{OptionSpec, Section};

static SECTIONS: &[&Section] = &[
    &execution::SECTION,
    &checkpointing::SECTION,
    &state::SECTION,
    &restart::SECTION,
    &table::SECTION,
    &taskmanager::SECTION,
    &cluster::SECTION,
    &high_availability::SECTION,
    &rest::SECTION,
    &security::SECTION,
    &yarn::SECTION,
    &hadoop::SECTION,
    &testing::SECTION,
];

/// The sections, in the order of the documentation.
pub fn sections() -> impl Iterator<Item = &'static Section> {
    SECTIONS.iter().copied()
}

/// Every option.
pub fn all_options() -> impl Iterator<Item = &'static OptionSpec> {
    sections().flat_map(|section| section.options.iter().copied())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_option_is_sound() {
        let mut keys = HashSet::new();
        for spec in all_options() {
            assert!(keys.insert(spec.key), "{} is defined twice", spec.key);
            assert!(
                spec.description.trim().ends_with('.'),
                "{} has no sentence of description",
                spec.key
            );
            if let Some(default) = spec.default {
                spec.check(default)
                    .unwrap_or_else(|e| panic!("{}: default '{default}': {e}", spec.key));
            }
        }
        for spec in all_options() {
            for old in spec.deprecated {
                assert!(
                    !keys.contains(old),
                    "{old} is both an option and an old name"
                );
            }
            for other in spec.fallback {
                assert!(
                    keys.contains(other),
                    "{}: the fallback {other} is no option",
                    spec.key
                );
            }
        }
    }
}
