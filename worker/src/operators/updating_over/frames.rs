//! The frames of a whole partition, as steps.
//!
//! Both ends of a frame only ever move forward from row to row, whatever the frame, so that each row
//! enters an accumulator once and leaves it once.

use alpheus_dataflow::over::{FrameBound, OverFrame};

use crate::operators::over_aggregate::frames::Step;

/// The rows of a partition, in order.
pub(super) struct Rows<'a> {
    /// For each row the first one that has equal sort keys.
    pub(super) peers: &'a [usize],
    /// The sort key of each row on an axis that rises, for RANGE with distances; NULL lies beyond either
    /// end. Empty where there are no distances.
    pub(super) keys: &'a [i128],
}

impl Rows<'_> {
    fn is_null(&self, row: usize) -> bool {
        matches!(self.keys[row], i128::MIN | i128::MAX)
    }

    /// Behind the last row that has the sort keys of this one.
    fn end_of_peers(&self, row: usize) -> usize {
        let first = self.peers[row];
        row + self.peers[row..]
            .iter()
            .take_while(|&&peer| peer == first)
            .count()
    }

    /// The first row whose key is not before `key`, or, with `after`, is after it.
    fn position(&self, key: i128, after: bool) -> usize {
        self.keys
            .partition_point(|&other| if after { other <= key } else { other < key })
    }

    /// The first row of the frame of this one, and the one behind the last.
    fn frame(&self, frame: OverFrame, row: usize) -> (usize, usize) {
        let count = self.peers.len();
        if frame.rows {
            let back = |from: usize, rows: i64| from.saturating_sub(to_usize(rows));
            let forth = |from: usize, rows: i64| from.saturating_add(to_usize(rows)).min(count);
            let first = match frame.start {
                FrameBound::UnboundedPreceding => 0,
                FrameBound::Preceding(rows) => back(row, rows),
                FrameBound::CurrentRow => row,
                FrameBound::Following(rows) => forth(row, rows),
                FrameBound::UnboundedFollowing => count,
            };
            let end = match frame.end {
                FrameBound::UnboundedPreceding => 0,
                FrameBound::Preceding(rows) => back(row + 1, rows),
                FrameBound::CurrentRow => row + 1,
                FrameBound::Following(rows) => forth(row + 1, rows),
                FrameBound::UnboundedFollowing => count,
            };
            return (first.min(end), end);
        }
        let at = |distance: i64| self.keys[row] + i128::from(distance);
        let has_key = !self.keys.is_empty() && !self.is_null(row);
        let first = match frame.start {
            FrameBound::UnboundedPreceding => 0,
            FrameBound::Preceding(distance) if has_key => self.position(at(-distance), false),
            FrameBound::Following(distance) if has_key => self.position(at(distance), false),
            FrameBound::UnboundedFollowing => count,
            _ => self.peers[row],
        };
        let end = match frame.end {
            FrameBound::UnboundedFollowing => count,
            FrameBound::Preceding(distance) if has_key => self.position(at(-distance), true),
            FrameBound::Following(distance) if has_key => self.position(at(distance), true),
            FrameBound::UnboundedPreceding => 0,
            _ => self.end_of_peers(row),
        };
        (first.min(end), end)
    }

    /// The steps over all rows; rows with the same frame share one.
    pub(super) fn steps(&self, frame: OverFrame) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let (mut first, mut end) = (0, 0);
        for row in 0..self.peers.len() {
            let (next_first, next_end) = self.frame(frame, row);
            // An empty frame between two others must not drop what the next one needs.
            let (next_first, next_end) = (next_first.max(first), next_end.max(end));
            if let Some(last) = steps.last_mut()
                && (next_first, next_end) == (first, end)
            {
                last.emit.end = row + 1;
                continue;
            }
            steps.push(Step {
                add: end..next_end,
                remove: first..next_first,
                emit: row..row + 1,
            });
            (first, end) = (next_first, next_end);
        }
        steps
    }
}

fn to_usize(rows: i64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bound(start: bool) -> impl Strategy<Value = FrameBound> {
        let unbounded = match start {
            true => FrameBound::UnboundedPreceding,
            false => FrameBound::UnboundedFollowing,
        };
        prop_oneof![
            Just(unbounded),
            Just(FrameBound::CurrentRow),
            (0i64..4).prop_map(FrameBound::Preceding),
            (0i64..4).prop_map(FrameBound::Following),
        ]
    }

    fn distance(bound: FrameBound) -> i64 {
        match bound {
            FrameBound::UnboundedPreceding => -1000,
            FrameBound::Preceding(distance) => -distance,
            FrameBound::CurrentRow => 0,
            FrameBound::Following(distance) => distance,
            FrameBound::UnboundedFollowing => 1000,
        }
    }

    proptest! {
        #[test]
        fn the_frame_is_what_sql_says(
            mut keys in prop::collection::vec(0i64..8, 1..12),
            rows in any::<bool>(), start in bound(true), end in bound(false),
        ) {
            prop_assume!(distance(start) <= distance(end));
            keys.sort_unstable();
            let peers: Vec<usize> = keys.iter()
                .map(|key| keys.iter().position(|other| other == key).unwrap())
                .collect();
            let wide: Vec<i128> = keys.iter().map(|&key| i128::from(key)).collect();
            let frame = OverFrame { rows, start, end };
            let steps = Rows { peers: &peers, keys: &wide }.steps(frame);
            let mut inside: Vec<usize> = Vec::new();
            let mut emitted = 0;
            for step in steps {
                inside.extend(step.add);
                inside.retain(|row| !step.remove.contains(row));
                for row in step.emit {
                    prop_assert_eq!(row, emitted);
                    emitted += 1;
                    let in_frame = |other: &usize| {
                        let (from, to) = match rows {
                            true => (row as i64, *other as i64),
                            false => (keys[row], keys[*other]),
                        };
                        (distance(start)..=distance(end)).contains(&(to - from))
                    };
                    let expected: Vec<usize> = (0..keys.len()).filter(in_frame).collect();
                    prop_assert_eq!(&inside, &expected, "row {}", row);
                }
            }
            prop_assert_eq!(emitted, keys.len());
        }
    }
}
