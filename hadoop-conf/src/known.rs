//! Which keys exist: the options' own, their old names, and those that Flink has without us.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::flink_keys::{self, Reason};
use crate::{OptionSpec, all_options};

/// What a key turns out to be.
pub(crate) enum Known {
    /// An option of ours, under its present name.
    Option(&'static OptionSpec),
    /// An old name; the options that took it over (one old name may have been split in two).
    Renamed(Vec<&'static OptionSpec>),
    /// A key of Flink's that changes nothing here.
    Ignored(Reason),
    /// A key that nobody has.
    Unknown {
        /// The nearest known key.
        nearest: Option<String>,
    },
}

struct Index {
    exact: HashMap<&'static str, &'static OptionSpec>,
    patterns: Vec<&'static OptionSpec>,
    renamed: HashMap<&'static str, Vec<&'static OptionSpec>>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index = Index {
            exact: HashMap::new(),
            patterns: Vec::new(),
            renamed: HashMap::new(),
        };
        for spec in all_options() {
            if spec.pattern().is_some() {
                index.patterns.push(spec);
            } else {
                index.exact.insert(spec.key, spec);
            }
            for old in spec.deprecated {
                index.renamed.entry(old).or_default().push(spec);
            }
        }
        index
    })
}

/// Looks a key up.
pub(crate) fn look_up(key: &str) -> Known {
    let index = index();
    if let Some(spec) = index.exact.get(key) {
        return Known::Option(spec);
    }
    if let Some(spec) = index.patterns.iter().find(|spec| spec.covers(key)) {
        return Known::Option(spec);
    }
    if let Some(specs) = index.renamed.get(key) {
        return Known::Renamed(specs.clone());
    }
    // An entry of a map, written as a key of its own: `pipeline.global-job-parameters.team: data`.
    if let Some(spec) = key
        .rmatch_indices('.')
        .find_map(|(dot, _)| index.exact.get(&key[..dot]))
        && spec.type_name == "Map"
    {
        return Known::Option(spec);
    }
    if let Some(reason) = flink_keys::reason(key) {
        return Known::Ignored(reason);
    }
    Known::Unknown {
        nearest: nearest(key),
    }
}

/// The known key that looks most like an unknown one, if any looks like it at all.
fn nearest(key: &str) -> Option<String> {
    let candidates = all_options().map(|spec| spec.key);
    let scored =
        candidates.map(|known| (strsim::normalized_damerau_levenshtein(key, known), known));
    let (score, known) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score >= 0.5).then(|| known.to_owned())
}
