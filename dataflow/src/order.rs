//! The order of rows: what ORDER BY, Top-N and OVER windows sort by.

use serde::{Deserialize, Serialize};

/// One key of an ORDER BY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortKey {
    /// The column.
    pub column: usize,
    /// ASC.
    pub ascending: bool,
    /// NULLS FIRST; Flink's NULL is the least value unless said otherwise.
    pub nulls_first: bool,
}

/// Which ranks of a Top-N are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankRange {
    /// The first, from 1.
    pub start: u64,
    /// The last; not below `start`.
    pub end: u64,
}

impl RankRange {
    /// How many ranks from 1 have to be known.
    pub fn needed(&self) -> usize {
        usize::try_from(self.end).unwrap_or(usize::MAX)
    }

    /// How many ranks come before the first.
    pub fn skipped(&self) -> usize {
        usize::try_from(self.start.saturating_sub(1)).unwrap_or(usize::MAX)
    }
}
