//! How far event time had come for the keys of an operator: part of its snapshots, so that a row that was late
//! before a restart is late after it, and a window that has fired does not fire again.
//!
//! At an aligned barrier it is the same for all keys. A barrier that overtakes finds each subtask at a time of its
//! own; keys of several such subtasks that come together are kept apart by [`ByEventTime`].

mod divided;
#[cfg(test)]
mod tests;

use alpheus_dataflow::element::Watermark;
use alpheus_dataflow::key_group::{KeyGroupRange, UPPER_BOUND_MAX_PARALLELISM};
use alpheus_dataflow::snapshot::{KeyGroupEntry, ListSnapshot, Redistribution, StateReader};
use alpheus_dataflow::{OperatorError, OperatorResult};

pub use self::divided::ByEventTime;

const WATERMARK_STATE: &str = "watermark";

/// Whether a watermark is news to an operator whose event time has come so far. After a restore sources begin before the
/// checkpoint, and give watermarks of that time again: what waits behind the watermark must wait for one beyond it, as it
/// would have without the restart.
pub(crate) fn is_news(watermark: Watermark, progress: i64) -> bool {
    watermark.0 > progress
}

/// How far event time has come for the keys of this subtask, as a list for whoever has them after a restore.
pub(crate) fn watermark_list(watermark: i64) -> ListSnapshot {
    time_list(WATERMARK_STATE, watermark)
}

/// A time under a name of its own, for whoever has the keys of this subtask after a restore.
pub(crate) fn time_list(name: &str, time: i64) -> ListSnapshot {
    ListSnapshot {
        name: name.to_owned(),
        entries: vec![time.to_le_bytes().to_vec()],
        redistribution: Redistribution::KeyGroups,
    }
}

/// The least of what [`time_list`] had under a name; `i64::MIN` if there was nothing.
///
/// # Errors
/// When the state cannot be read.
pub(crate) fn restored_least(state: &dyn StateReader, name: &str) -> OperatorResult<i64> {
    Ok(restored_times(state, name)?
        .into_iter()
        .min()
        .unwrap_or(i64::MIN))
}

/// How far event time had come for the keys of this operator; [`ByEventTime`] sees to it that they agree.
///
/// # Errors
/// When they do not, or the state cannot be read.
pub(crate) fn restored_watermark(state: &dyn StateReader) -> OperatorResult<i64> {
    let times = restored_times(state, WATERMARK_STATE)?;
    match (times.iter().min(), times.iter().max()) {
        (Some(least), Some(most)) if least != most => Err(OperatorError::fatal(
            "keys of the operator were at different event times, and it was not divided by them",
        )),
        (least, _) => Ok(least.copied().unwrap_or(i64::MIN)),
    }
}

/// The same of an operator that may work by the wall clock, which each subtask has read for itself: then the least.
///
/// # Errors
/// As there.
pub(crate) fn restored_time(state: &dyn StateReader, event_time: bool) -> OperatorResult<i64> {
    match event_time {
        true => restored_watermark(state),
        false => restored_least(state, WATERMARK_STATE),
    }
}

fn restored_times(state: &dyn StateReader, name: &str) -> OperatorResult<Vec<i64>> {
    let entries = state.list(name)?;
    let times = entries.iter().map(|entry| Ok(watermark_of(entry)?.1));
    times.collect()
}

/// The watermark of an entry, and the key groups that it is one of. Earlier versions did not say which.
fn watermark_of(entry: &[u8]) -> OperatorResult<(KeyGroupRange, i64)> {
    if let Ok(watermark) = <[u8; 8]>::try_from(entry) {
        let all = KeyGroupRange::all(UPPER_BOUND_MAX_PARALLELISM);
        return Ok((all, i64::from_le_bytes(watermark)));
    }
    let entry = KeyGroupEntry::decode(entry);
    let read = entry.and_then(|KeyGroupEntry { key_groups, value }| {
        let watermark = <[u8; 8]>::try_from(value.as_slice()).ok()?;
        Some((key_groups, i64::from_le_bytes(watermark)))
    });
    read.ok_or_else(|| OperatorError::fatal("the watermark of the snapshot does not have 8 bytes"))
}
