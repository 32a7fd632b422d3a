//! Fuzzing of everything that reads what comes from outside: SQL, rows, frames of the exchange,
//! checkpoints, credentials, Hadoop's and our own configuration.
//!
//! A [`Target`] is a function from bytes to nothing that may not panic, a few good inputs and the words
//! that matter to it. [`mutate`] makes inputs from them: input `n` of a seed is always the same, so a
//! finding is reported as a seed and a number and can be had again. [`run`] runs inputs under limits of
//! time and memory ([`limits`]). It knows nothing of coverage, which needs a nightly compiler; instead
//! formats with checksums are given valid ones after the mutation, so that what lies behind is reached.

pub mod limits;
pub mod mutate;
pub mod run;
pub mod targets;

/// Something that is fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What `--target` calls it.
    pub name: &'static str,
    /// What must not panic.
    pub run: fn(&[u8]),
    /// Good inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Pieces worth inserting.
    pub words: &'static [&'static str],
}
