//! Which rows enter and leave the frame, step by step.
//!
//! A partition's rows in order: some that were processed before and may still be in a frame, then those
//! that are processed now. Each step adds the next rows, takes back those that have left the frame, and
//! gives one result for the rows that it added: one row for ROWS, all rows of one time for RANGE.

use std::ops::Range;

use alpheus_dataflow::over::{FrameBound, OverFrame};

/// A step; ranges are positions in the partition's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Rows that enter the frame.
    pub(crate) add: Range<usize>,
    /// Rows that leave it.
    pub(crate) remove: Range<usize>,
    /// Rows that get the step's result.
    pub(crate) emit: Range<usize>,
}

/// How frames move.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frames {
    /// From where to the current row.
    pub(super) start: FrameBound,
    /// The start counts rows.
    pub(super) rows: bool,
    /// Each row is a step of its own, whatever its time.
    pub(super) row_by_row: bool,
    /// How many rows before the current one are looked at beyond the frame (LAG).
    pub(super) look_back: usize,
}

impl Frames {
    pub(super) fn new(frame: OverFrame, processing_time: bool, look_back: usize) -> Self {
        let bounded = matches!(frame.start, FrameBound::Preceding(_));
        Frames {
            start: frame.start,
            rows: frame.rows,
            // Without event time rows come one after the other, as in Flink.
            row_by_row: frame.rows || (processing_time && !bounded),
            look_back,
        }
    }

    /// Whether rows leave the frame again.
    pub(super) fn is_bounded(&self) -> bool {
        matches!(self.start, FrameBound::Preceding(_))
    }

    /// How long a row stays in frames, in ms; `None` where time does not matter.
    pub(super) fn duration(&self) -> Option<i64> {
        match self.start {
            FrameBound::Preceding(distance) if !self.rows => Some(distance),
            _ => None,
        }
    }

    /// Whether rows are needed after they were processed.
    pub(super) fn needs_history(&self) -> bool {
        self.is_bounded() || self.look_back > 0
    }

    /// The steps over rows of these times, of which the first `history` were processed before.
    pub(super) fn steps(&self, times: &[i64], history: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        let (mut first, mut at) = (0, history);
        while at < times.len() {
            let end = match self.row_by_row {
                true => at + 1,
                false => at + times[at..].iter().take_while(|&&t| t == times[at]).count(),
            };
            let left = self.first_of(times, end - 1, first);
            steps.push(Step {
                add: at..end,
                remove: first..left,
                emit: at..end,
            });
            (first, at) = (left, end);
        }
        steps
    }

    /// The first row of the frame of row `at`, given that of an earlier one.
    fn first_of(&self, times: &[i64], at: usize, earlier: usize) -> usize {
        match self.start {
            FrameBound::Preceding(rows) if self.rows => {
                let rows = usize::try_from(rows).unwrap_or(usize::MAX);
                earlier.max(at.saturating_sub(rows))
            }
            FrameBound::Preceding(distance) => {
                let oldest = times[at].saturating_sub(distance);
                let gone = times[earlier..=at].iter().take_while(|&&t| t < oldest);
                earlier + gone.count()
            }
            _ => earlier,
        }
    }

    /// From which row on rows may be looked at by later ones.
    pub(super) fn keep_from(&self, times: &[i64]) -> usize {
        let Some(&last) = times.last() else { return 0 };
        let looked_at = times.len().saturating_sub(self.look_back);
        let framed = match self.start {
            FrameBound::Preceding(rows) if self.rows => {
                let rows = usize::try_from(rows).unwrap_or(usize::MAX);
                times.len().saturating_sub(rows)
            }
            FrameBound::Preceding(distance) => {
                let oldest = last.saturating_sub(distance);
                times.partition_point(|&time| time < oldest)
            }
            _ => times.len(),
        };
        looked_at.min(framed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(start: FrameBound, rows: bool) -> Frames {
        let end = FrameBound::CurrentRow;
        Frames::new(OverFrame { rows, start, end }, false, 0)
    }

    #[test]
    fn rows_of_one_time_are_one_step_of_range() {
        let steps = frames(FrameBound::Preceding(2), false).steps(&[1, 4, 4, 6, 9], 1);
        let expected = [(1..3, 0..1), (3..4, 1..1), (4..5, 1..4)];
        let got: Vec<_> = steps.into_iter().map(|s| (s.add, s.remove)).collect();
        assert_eq!(got, expected);
    }

    proptest! {
        #[test]
        fn the_frame_is_what_sql_says_and_what_is_kept_is_enough(
            mut times in prop::collection::vec(0i64..12, 1..20),
            distance in 0i64..5, rows in any::<bool>(), cut in 0usize..20,
        ) {
            times.sort_unstable();
            let frames = frames(FrameBound::Preceding(distance), rows);
            let cut = cut.min(times.len() - 1);
            // A cut within one time would be two firings for it, which do not happen.
            let cut = if rows { cut } else { times.partition_point(|t| *t < times[cut]) };
            let kept = frames.keep_from(&times[..cut]);
            let rest = &times[kept..];
            let mut inside: Vec<usize> = (kept..cut).collect();
            for step in frames.steps(rest, cut - kept) {
                let Step { add, remove, .. } = step;
                inside.extend(add.clone().map(|at| at + kept));
                inside.retain(|at| !remove.contains(&(at - kept)));
                let row = add.end - 1 + kept;
                let in_frame = |at: &usize| match rows {
                    true => at + distance as usize >= row && *at <= row,
                    false => times[*at] >= times[row] - distance && times[*at] <= times[row],
                };
                let expected: Vec<usize> = (0..times.len()).filter(in_frame).collect();
                prop_assert_eq!(&inside, &expected);
            }
        }
    }
}
