//! The unit of data: an Arrow batch whose rows are changes.
//!
//! Flink distinguishes four kinds of change. Most streams only insert, so the column of kinds is
//! absent for them: kernels on append-only data pay nothing for changelogs.

use arrow::array::{Array, BooleanArray, RecordBatch, UInt8Array, UInt32Array};
use arrow::compute;
use serde::{Deserialize, Serialize};

use crate::error::DataflowError;

/// What happened to a row (Flink's `RowKind`, with its byte values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum RowKind {
    /// `+I`: the row is new.
    Insert = 0,
    /// `-U`: the row's earlier content, taken back; a `+U` follows.
    UpdateBefore = 1,
    /// `+U`: the row's new content.
    UpdateAfter = 2,
    /// `-D`: the row is gone.
    Delete = 3,
}

impl RowKind {
    /// All kinds, in the order of their bytes.
    pub const ALL: [RowKind; 4] = [
        RowKind::Insert,
        RowKind::UpdateBefore,
        RowKind::UpdateAfter,
        RowKind::Delete,
    ];

    /// The kind with this byte value, if there is one.
    pub fn from_byte(byte: u8) -> Option<RowKind> {
        Self::ALL.get(byte as usize).copied()
    }

    /// `+I`, `-U`, `+U` or `-D`.
    pub fn short_string(self) -> &'static str {
        match self {
            RowKind::Insert => "+I",
            RowKind::UpdateBefore => "-U",
            RowKind::UpdateAfter => "+U",
            RowKind::Delete => "-D",
        }
    }

    /// Whether the change adds a row (`+I`, `+U`) rather than taking one back.
    pub fn is_additive(self) -> bool {
        matches!(self, RowKind::Insert | RowKind::UpdateAfter)
    }
}

/// Which kinds of change an edge carries (Flink's `ChangelogMode`). Every stream inserts; an operator that
/// updates says so by `+U`, with or without the `-U` before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChangelogMode {
    /// `+I` only.
    InsertOnly,
    /// `+I`, `-D`: rows come and go, none is updated.
    InsertDelete,
    /// `+I`, `+U`: the last change of a key counts, and no key goes.
    UpsertWithoutDelete,
    /// `+I`, `+U`, `-D`: the last change of a key counts; no `-U`.
    Upsert,
    /// `+I`, `-U`, `+U`: updates name what they replace, and no row goes for good.
    RetractWithoutDelete,
    /// All four kinds.
    All,
}

impl ChangelogMode {
    /// All modes.
    pub const ALL: [ChangelogMode; 6] = [
        ChangelogMode::InsertOnly,
        ChangelogMode::InsertDelete,
        ChangelogMode::UpsertWithoutDelete,
        ChangelogMode::Upsert,
        ChangelogMode::RetractWithoutDelete,
        ChangelogMode::All,
    ];

    /// The mode of a stream that inserts and, where so said, updates (with `-U` before or without) and
    /// deletes.
    pub fn of(updates: bool, deletes: bool, update_before: bool) -> Self {
        match (updates, deletes, update_before) {
            (false, false, _) => ChangelogMode::InsertOnly,
            (false, true, _) => ChangelogMode::InsertDelete,
            (true, false, false) => ChangelogMode::UpsertWithoutDelete,
            (true, true, false) => ChangelogMode::Upsert,
            (true, false, true) => ChangelogMode::RetractWithoutDelete,
            (true, true, true) => ChangelogMode::All,
        }
    }

    /// Whether it carries this kind of change.
    pub fn contains(self, kind: RowKind) -> bool {
        match kind {
            RowKind::Insert => true,
            RowKind::UpdateBefore => {
                matches!(
                    self,
                    ChangelogMode::RetractWithoutDelete | ChangelogMode::All
                )
            }
            RowKind::UpdateAfter => !matches!(
                self,
                ChangelogMode::InsertOnly | ChangelogMode::InsertDelete
            ),
            RowKind::Delete => matches!(
                self,
                ChangelogMode::InsertDelete | ChangelogMode::Upsert | ChangelogMode::All
            ),
        }
    }

    /// The mode of a stream that carries what either carries.
    pub fn union(self, other: Self) -> Self {
        let either = |kind| self.contains(kind) || other.contains(kind);
        ChangelogMode::of(
            either(RowKind::UpdateAfter),
            either(RowKind::Delete),
            either(RowKind::UpdateBefore),
        )
    }

    /// The same changes without `-U`.
    pub fn without_update_before(self) -> Self {
        ChangelogMode::of(
            self.contains(RowKind::UpdateAfter),
            self.contains(RowKind::Delete),
            false,
        )
    }

    /// Whether rows are replaced without the `-U` that names what is replaced: whoever reads such a
    /// stream needs its upsert key.
    pub fn is_upsert(self) -> bool {
        self.contains(RowKind::UpdateAfter) && !self.contains(RowKind::UpdateBefore)
    }

    /// As `EXPLAIN CHANGELOG_MODE` prints it, for example `[I]`, `[I,UA,D]` or `[I,UB,UA,D]`.
    pub fn explain(self) -> &'static str {
        match self {
            ChangelogMode::InsertOnly => "[I]",
            ChangelogMode::InsertDelete => "[I,D]",
            ChangelogMode::UpsertWithoutDelete => "[I,UA]",
            ChangelogMode::Upsert => "[I,UA,D]",
            ChangelogMode::RetractWithoutDelete => "[I,UB,UA]",
            ChangelogMode::All => "[I,UB,UA,D]",
        }
    }
}

/// Rows and what happened to each.
///
/// Invariants: `ops`, where present, has one non-null valid [`RowKind`] byte a row; absent means that
/// every row is an insert.
#[derive(Clone, Debug)]
pub struct ChangelogBatch {
    rows: RecordBatch,
    ops: Option<UInt8Array>,
}

impl ChangelogBatch {
    /// A batch of inserts.
    pub fn inserts(rows: RecordBatch) -> Self {
        ChangelogBatch { rows, ops: None }
    }

    /// A batch with one kind a row.
    ///
    /// # Errors
    /// When lengths differ or a byte is no [`RowKind`].
    pub fn try_new(rows: RecordBatch, ops: Option<UInt8Array>) -> Result<Self, DataflowError> {
        if let Some(ops) = &ops {
            if ops.len() != rows.num_rows() {
                return Err(DataflowError::OpsLength {
                    rows: rows.num_rows(),
                    ops: ops.len(),
                });
            }
            if ops.null_count() > 0 {
                return Err(DataflowError::InvalidRowKind { byte: u8::MAX });
            }
            if let Some(&byte) = ops
                .values()
                .iter()
                .find(|&&byte| byte > RowKind::Delete as u8)
            {
                return Err(DataflowError::InvalidRowKind { byte });
            }
        }
        Ok(ChangelogBatch { rows, ops })
    }

    /// A batch whose rows all have the same kind.
    pub fn uniform(rows: RecordBatch, kind: RowKind) -> Self {
        let ops =
            (kind != RowKind::Insert).then(|| UInt8Array::from_value(kind as u8, rows.num_rows()));
        ChangelogBatch { rows, ops }
    }

    /// The rows.
    pub fn rows(&self) -> &RecordBatch {
        &self.rows
    }

    /// The kinds, absent when every row is an insert.
    pub fn ops(&self) -> Option<&UInt8Array> {
        self.ops.as_ref()
    }

    /// How many rows there are.
    pub fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.num_rows() == 0
    }

    /// What happened to row `row`.
    pub fn kind(&self, row: usize) -> RowKind {
        match &self.ops {
            None => RowKind::Insert,
            // `try_new` let only valid bytes in; an invalid one would count as an insert.
            Some(ops) => RowKind::from_byte(ops.value(row)).unwrap_or(RowKind::Insert),
        }
    }

    /// True where the row is added (`+I`, `+U`); `None` when all are.
    pub fn additive_mask(&self) -> Option<BooleanArray> {
        self.ops.as_ref().map(|ops| {
            ops.values()
                .iter()
                .map(|&byte| Some(byte == 0 || byte == RowKind::UpdateAfter as u8))
                .collect()
        })
    }

    /// The same changes with other columns.
    ///
    /// # Errors
    /// When `rows` has another number of rows.
    pub fn with_rows(&self, rows: RecordBatch) -> Result<Self, DataflowError> {
        Self::try_new(rows, self.ops.clone())
    }

    /// The rows for which `mask` is true (NULL counts as false).
    ///
    /// # Errors
    /// When lengths differ.
    pub fn filter(&self, mask: &BooleanArray) -> Result<Self, DataflowError> {
        let rows = compute::filter_record_batch(&self.rows, mask)?;
        let ops = match &self.ops {
            Some(ops) => Some(UInt8Array::from(compute::filter(ops, mask)?.to_data())),
            None => None,
        };
        Ok(ChangelogBatch { rows, ops })
    }

    /// The rows at `indices`, in that order.
    ///
    /// # Errors
    /// When an index is out of bounds.
    pub fn take(&self, indices: &UInt32Array) -> Result<Self, DataflowError> {
        let rows = compute::take_record_batch(&self.rows, indices)?;
        let ops = match &self.ops {
            Some(ops) => Some(UInt8Array::from(
                compute::take(ops, indices, None)?.to_data(),
            )),
            None => None,
        };
        Ok(ChangelogBatch { rows, ops })
    }

    /// Rows `offset .. offset + length`, sharing memory.
    pub fn slice(&self, offset: usize, length: usize) -> Self {
        ChangelogBatch {
            rows: self.rows.slice(offset, length),
            ops: self.ops.as_ref().map(|ops| ops.slice(offset, length)),
        }
    }

    /// All rows of `batches` in order, in one batch; used to coalesce after an exchange.
    ///
    /// # Errors
    /// When `batches` is empty or schemas differ.
    pub fn concat(batches: &[ChangelogBatch]) -> Result<Self, DataflowError> {
        let Some(first) = batches.first() else {
            return Err(DataflowError::EmptyConcat);
        };
        if batches.len() == 1 {
            return Ok(first.clone());
        }
        let rows = compute::concat_batches(&first.rows.schema(), batches.iter().map(|b| &b.rows))?;
        let ops = batches.iter().any(|b| b.ops.is_some()).then(|| {
            UInt8Array::from_iter_values(
                batches
                    .iter()
                    .flat_map(|b| (0..b.num_rows()).map(|row| b.kind(row) as u8)),
            )
        });
        Ok(ChangelogBatch { rows, ops })
    }

    /// Rough size in memory, in bytes: what flow control counts.
    pub fn memory_size(&self) -> usize {
        self.rows.get_array_memory_size() + self.ops.as_ref().map_or(0, |ops| ops.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_the_set_of_its_kinds() {
        for mode in ChangelogMode::ALL {
            let again = ChangelogMode::of(
                mode.contains(RowKind::UpdateAfter),
                mode.contains(RowKind::Delete),
                mode.contains(RowKind::UpdateBefore),
            );
            assert_eq!(again, mode);
            for other in ChangelogMode::ALL {
                for kind in RowKind::ALL {
                    assert_eq!(
                        mode.union(other).contains(kind),
                        mode.contains(kind) || other.contains(kind),
                        "{mode:?} {other:?} {kind:?}"
                    );
                }
            }
        }
    }
}
