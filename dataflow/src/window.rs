//! Windows of time: which there are, which a time belongs to, and when one is complete.
//!
//! Pure functions over milliseconds; the source of the formulas is Flink's `TimeWindow` and
//! `SliceAssigners`. A window is `[start, end)`; it is complete when the watermark has reached
//! `end - 1`, and a row is late for it from then on.

use serde::{Deserialize, Serialize};

/// How times are grouped (Flink's window table-valued functions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WindowSpec {
    /// TUMBLE: windows of `size`, one after the other, shifted by `offset`.
    Tumble {
        /// Length in ms, > 0.
        size: i64,
        /// Shift in ms.
        offset: i64,
    },
    /// HOP: windows of `size`, a new one every `slide`.
    Hop {
        /// Length in ms, > 0.
        size: i64,
        /// Distance of the starts in ms, > 0.
        slide: i64,
        /// Shift in ms.
        offset: i64,
    },
    /// CUMULATE: windows that share a start every `max_size` and grow by `step`.
    Cumulate {
        /// Greatest length in ms, a multiple of `step`.
        max_size: i64,
        /// Growth in ms, > 0.
        step: i64,
        /// Shift in ms.
        offset: i64,
    },
    /// SESSION: rows of a key that are less than `gap` apart.
    Session {
        /// Length of the pause that ends a window, in ms, > 0.
        gap: i64,
    },
}

/// A window, `[start, end)` in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeWindow {
    /// First instant inside.
    pub start: i64,
    /// First instant after it.
    pub end: i64,
}

impl TimeWindow {
    /// The last instant inside: what the watermark must reach, and the value of `window_time`.
    pub fn max_timestamp(self) -> i64 {
        self.end - 1
    }

    /// Whether everything that belongs into it has come.
    pub fn is_complete(self, watermark: i64) -> bool {
        self.max_timestamp() <= watermark
    }
}

/// Greatest multiple of `size` (shifted by `offset`) that is not after `time`.
pub fn window_start(time: i64, size: i64, offset: i64) -> i64 {
    time - (time - offset).rem_euclid(size)
}

impl WindowSpec {
    /// The windows that a row of this time belongs to, ascending by end. For SESSION the row's own
    /// window before merging.
    pub fn assign(&self, time: i64) -> Vec<TimeWindow> {
        match *self {
            WindowSpec::Tumble { size, offset } => {
                let start = window_start(time, size, offset);
                vec![TimeWindow {
                    start,
                    end: start + size,
                }]
            }
            WindowSpec::Hop {
                size,
                slide,
                offset,
            } => {
                let last = window_start(time, slide, offset);
                let mut windows: Vec<TimeWindow> =
                    std::iter::successors(Some(last), |s| Some(s - slide))
                        .take_while(|start| start + size > time)
                        .map(|start| TimeWindow {
                            start,
                            end: start + size,
                        })
                        .collect();
                windows.reverse();
                windows
            }
            WindowSpec::Cumulate {
                max_size,
                step,
                offset,
            } => {
                let start = window_start(time, max_size, offset);
                let first = window_start(time - start, step, 0) + step;
                (1..)
                    .map(|n| start + first + (n - 1) * step)
                    .take_while(|end| *end <= start + max_size)
                    .map(|end| TimeWindow { start, end })
                    .collect()
            }
            WindowSpec::Session { gap } => vec![TimeWindow {
                start: time,
                end: time + gap,
            }],
        }
    }

    /// The length of the slices into which aggregation cuts time: every window is a whole number of
    /// consecutive slices, so each row is aggregated once (panes). `None` for SESSION.
    pub fn slice_size(&self) -> Option<i64> {
        match *self {
            WindowSpec::Tumble { size, .. } => Some(size),
            WindowSpec::Hop { size, slide, .. } => Some(gcd(size, slide)),
            WindowSpec::Cumulate { step, .. } => Some(step),
            WindowSpec::Session { .. } => None,
        }
    }

    /// The shift of windows and slices in ms.
    pub fn offset(&self) -> i64 {
        match *self {
            WindowSpec::Tumble { offset, .. }
            | WindowSpec::Hop { offset, .. }
            | WindowSpec::Cumulate { offset, .. } => offset,
            WindowSpec::Session { .. } => 0,
        }
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Where an operator gets the time of a row from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeAttribute {
    /// A TIMESTAMP or TIMESTAMP_LTZ column with a watermark.
    Event {
        /// Position of the column.
        column: usize,
    },
    /// The clock of the machine, when the row is processed.
    Processing,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn starts_before_the_epoch_round_down() {
        assert_eq!(window_start(-1, 10, 0), -10);
        assert_eq!(window_start(-10, 10, 0), -10);
        assert_eq!(window_start(7, 10, 3), 3);
        assert_eq!(window_start(2, 10, 3), -7);
    }

    #[test]
    fn cumulate_grows_to_its_maximum() {
        let spec = WindowSpec::Cumulate {
            max_size: 60,
            step: 20,
            offset: 0,
        };
        let ends = |time| {
            spec.assign(time)
                .iter()
                .map(|w| (w.start, w.end))
                .collect::<Vec<_>>()
        };
        assert_eq!(ends(0), [(0, 20), (0, 40), (0, 60)]);
        assert_eq!(ends(20), [(0, 40), (0, 60)]);
        assert_eq!(ends(59), [(0, 60)]);
    }

    proptest! {
        #[test]
        fn a_row_is_in_its_windows_and_slices_tile_them(
            time in -1_000_000i64..1_000_000, slide in 1i64..50, factor in 1i64..6, offset in -70i64..70,
        ) {
            for spec in [
                WindowSpec::Tumble { size: slide, offset },
                WindowSpec::Hop { size: slide * factor, slide, offset },
                WindowSpec::Hop { size: slide * factor + 1, slide, offset },
                WindowSpec::Cumulate { max_size: slide * factor, step: slide, offset },
            ] {
                let slice = spec.slice_size().unwrap();
                for window in spec.assign(time) {
                    prop_assert!(window.start <= time && time < window.end);
                    prop_assert_eq!((window.start - spec.offset()).rem_euclid(slice), 0);
                    prop_assert_eq!((window.end - window.start) % slice, 0);
                }
            }
        }
    }
}
