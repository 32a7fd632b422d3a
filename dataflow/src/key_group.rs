//! Key groups: the atoms in which keyed state is moved between subtasks.
//!
//! A key belongs to one of `max_parallelism` groups for the life of a job's state; a subtask owns a
//! contiguous range of groups. Rescaling moves ranges, never single keys. The formulas are those of
//! Flink's `KeyGroupRangeAssignment`, over our own hash.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Flink's default for small jobs.
pub const DEFAULT_MAX_PARALLELISM: u32 = 128;
/// The most key groups a job can have (`pipeline.max-parallelism`).
pub const UPPER_BOUND_MAX_PARALLELISM: u32 = 1 << 15;

/// One of `max_parallelism` groups of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyGroup(pub u16);

impl KeyGroup {
    /// The group of a key with this [hash](crate::hash).
    pub fn of_hash(hash: u64, max_parallelism: u32) -> KeyGroup {
        // The upper half is used here; hash tables use the lower half, so that the keys of one
        // subtask still spread over its whole table.
        KeyGroup((((hash >> 32) * u64::from(max_parallelism)) >> 32) as u16)
    }

    /// The subtask that owns this group.
    pub fn owner(self, parallelism: u32, max_parallelism: u32) -> u32 {
        u32::from(self.0) * parallelism / max_parallelism
    }
}

/// A contiguous, possibly empty range of key groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyGroupRange {
    /// First group of the range.
    pub start: u16,
    /// One past the last group.
    pub end: u16,
}

impl KeyGroupRange {
    /// The groups that subtask `index` of `parallelism` owns.
    pub fn for_subtask(index: u32, parallelism: u32, max_parallelism: u32) -> Self {
        let boundary = |i: u32| (i * max_parallelism).div_ceil(parallelism) as u16;
        KeyGroupRange {
            start: boundary(index),
            end: boundary(index + 1),
        }
    }

    /// All groups of a job.
    pub fn all(max_parallelism: u32) -> Self {
        KeyGroupRange {
            start: 0,
            end: max_parallelism as u16,
        }
    }

    /// Whether the group is in the range.
    pub fn contains(&self, group: KeyGroup) -> bool {
        (self.start..self.end).contains(&group.0)
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        usize::from(self.end.saturating_sub(self.start))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the two have a group in common.
    pub fn intersects(&self, other: &KeyGroupRange) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The groups in order.
    pub fn iter(&self) -> impl Iterator<Item = KeyGroup> + use<> {
        (self.start..self.end).map(KeyGroup)
    }
}

impl From<RangeInclusive<u16>> for KeyGroupRange {
    fn from(range: RangeInclusive<u16>) -> Self {
        KeyGroupRange {
            start: *range.start(),
            end: range.end() + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_partition_the_groups_and_agree_with_owner() {
        for max in [1, 2, 7, 128, 1000] {
            for parallelism in 1..=max.min(17) {
                let mut next = 0;
                for index in 0..parallelism {
                    let range = KeyGroupRange::for_subtask(index, parallelism, max);
                    assert_eq!(range.start, next);
                    next = range.end;
                    assert!(
                        range
                            .iter()
                            .all(|group| group.owner(parallelism, max) == index)
                    );
                }
                assert_eq!(u32::from(next), max);
            }
        }
    }

    #[test]
    fn extreme_hashes_stay_in_range() {
        assert_eq!(KeyGroup::of_hash(u64::MAX, 128), KeyGroup(127));
        assert_eq!(KeyGroup::of_hash(0, 128), KeyGroup(0));
    }
}
