//! DISTINCT for any function: it sees each argument tuple of a group once.
//!
//! How often each tuple occurs is counted, so that retraction works: the inner function gets a tuple
//! with its first occurrence and loses it with its last.

use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{LogicalType, OperatorResult};
use arrow::array::{ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;

use super::Accumulator;
use super::multiset::{AnyKeys, Counts, Hashed, Keys, entries_of, keys_for};

struct Distinct<K: Keys> {
    seen: Counts<K, Hashed<K>>,
    inner: Box<dyn Accumulator>,
}

/// `inner` over distinct tuples of these types.
pub(super) fn wrap(
    types: &[LogicalType],
    inner: Box<dyn Accumulator>,
) -> OperatorResult<Box<dyn Accumulator>> {
    Ok(match keys_for(types)? {
        AnyKeys::Integer(keys) => Box::new(Distinct {
            seen: Counts::new(keys),
            inner,
        }),
        AnyKeys::Bytes(keys) => Box::new(Distinct {
            seen: Counts::new(keys),
            inner,
        }),
    })
}

fn gather(columns: &[ArrayRef], rows: Vec<u32>) -> OperatorResult<Vec<ArrayRef>> {
    let rows = UInt32Array::from(rows);
    let taken: Result<_, _> = columns
        .iter()
        .map(|column| take(column, &rows, None))
        .collect();
    Ok(taken?)
}

impl<K: Keys> Accumulator for Distinct<K> {
    fn resize(&mut self, groups: usize) {
        self.seen.resize(groups);
        self.inner.resize(groups);
    }

    fn accumulate(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        let (mut rows, mut owners) = (Vec::new(), Vec::new());
        let first = |row: usize, before: i64, after: i64| {
            if before <= 0 && after > 0 {
                rows.push(row as u32);
                owners.push(groups[row]);
            }
        };
        self.seen.add(args, groups, 1, |_| true, first)?;
        if rows.is_empty() {
            return Ok(());
        }
        self.inner.accumulate(&gather(args, rows)?, &owners)
    }

    fn retract(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        let (mut rows, mut owners) = (Vec::new(), Vec::new());
        let last = |row: usize, before: i64, after: i64| {
            if before > 0 && after <= 0 {
                rows.push(row as u32);
                owners.push(groups[row]);
            }
        };
        self.seen.add(args, groups, -1, |_| true, last)?;
        if rows.is_empty() {
            return Ok(());
        }
        self.inner.retract(&gather(args, rows)?, &owners)
    }

    fn evaluate(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        self.inner.evaluate(groups)
    }

    fn clear(&mut self, groups: &[u32]) {
        self.seen.clear(groups);
        self.inner.clear(groups);
    }

    fn state_fields(&self) -> Vec<Field> {
        let mut fields = vec![Field::new("distinct", self.seen.state_type())];
        fields.extend(self.inner.state_fields());
        fields
    }

    fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        let mut columns = vec![self.seen.state(groups)?];
        columns.extend(self.inner.state(groups)?);
        Ok(columns)
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()> {
        // An empty group takes the inner result as it is, which keeps the order of ARRAY_AGG; others
        // see the tuples that are new to them. A group can only be empty at its first row, so the
        // inner results come first.
        let (mut whole, mut whole_owners) = (Vec::new(), Vec::new());
        let (mut entries, mut entry_owners) = (Vec::new(), Vec::new());
        for (row, &group) in groups.iter().enumerate() {
            let one = state[0].slice(row, 1);
            let start = state[0].as_list::<i32>().value_offsets()[row] as usize;
            let was_empty = self.seen.is_empty(group);
            if was_empty {
                whole.push(row as u32);
                whole_owners.push(group);
            }
            let base = one.as_list::<i32>().value_offsets()[0] as usize;
            self.seen.merge(&[group], &one, |_, entry, before, after| {
                if !was_empty && before <= 0 && after > 0 {
                    entries.push((start + entry - base) as u32);
                    entry_owners.push(group);
                }
            })?;
        }
        if !whole.is_empty() {
            self.inner
                .merge(&whole_owners, &gather(&state[1..], whole)?)?;
        }
        if entries.is_empty() {
            return Ok(());
        }
        let (values, _) = entries_of(state[0].as_list::<i32>());
        self.inner
            .accumulate(&gather(&values, entries)?, &entry_owners)
    }

    fn freeze(&mut self) -> Box<dyn Accumulator> {
        Box::new(Distinct {
            seen: self.seen.freeze(),
            inner: self.inner.freeze(),
        })
    }

    fn memory_size(&self) -> usize {
        self.seen.memory_size() + self.inner.memory_size()
    }
}
