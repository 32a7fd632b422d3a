//! What is fuzzed: one file for each side that input comes from.

mod checkpoints;
mod exchange;
mod functions;
mod hadoop;
mod kept;
mod rows;
mod sql;

use crate::Target;

/// All targets.
pub const ALL: &[Target] = &[
    sql::PARSE,
    sql::PLAN,
    rows::CSV,
    rows::JSON,
    rows::DEBEZIUM,
    kept::CATALOG,
    kept::COMPILED,
    exchange::FRAMES,
    exchange::BATCHES,
    checkpoints::METADATA,
    checkpoints::STATE,
    functions::MODULES,
    hadoop::CREDENTIALS,
    hadoop::XML,
    hadoop::JAAS,
    hadoop::CONFIG,
];

/// Good inputs that are text.
fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The first bytes as choices of how to run, and the rest.
fn choices<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    match bytes.split_first_chunk() {
        Some((chosen, rest)) => (*chosen, rest),
        None => ([0; N], bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_inputs_and_nothing_at_all_break_nothing() {
        for target in ALL {
            (target.run)(&[]);
            let seeds = (target.seeds)();
            assert!(!seeds.is_empty(), "{} has no input", target.name);
            for seed in seeds {
                (target.run)(&seed);
            }
        }
    }

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<_> = ALL.iter().map(|target| target.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
