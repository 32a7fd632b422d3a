//! Flow control of a channel: how much its sender has put in that its receiver has not taken out.
//!
//! The sender alone adds, the receiver alone gives back (directly inside a process, by credit frames
//! between processes), so the sender's check followed by its addition cannot be overtaken by another
//! addition. Three things are counted apart: batches and their bytes, and watermarks and idle marks.
//! Barriers and the end of input are not counted at all, so that they always find room: there are only
//! as many barriers as concurrent checkpoints, and one end.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use alpheus_dataflow::element::StreamElement;

use super::ChannelLimits;

/// How many watermarks and idle marks a channel may hold.
const MAX_MARKS: u32 = 1024;

/// What one or more elements take of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Batches.
    pub batches: u32,
    /// Watermarks and idle marks.
    pub marks: u32,
    /// Bytes of the batches.
    pub bytes: u64,
}

impl Cost {
    /// What `element` takes.
    pub fn of(element: &StreamElement) -> Cost {
        match element {
            StreamElement::Data(batch) => Cost {
                batches: 1,
                marks: 0,
                bytes: batch.memory_size() as u64,
            },
            StreamElement::Watermark(_) | StreamElement::Idle(_) => Cost {
                marks: 1,
                ..Cost::default()
            },
            StreamElement::Barrier(_) | StreamElement::EndOfInput => Cost::default(),
        }
    }

    /// Both together.
    pub fn plus(self, other: Cost) -> Cost {
        Cost {
            batches: self.batches.saturating_add(other.batches),
            marks: self.marks.saturating_add(other.marks),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// Whether nothing is to be given back for it.
    pub fn is_zero(self) -> bool {
        self == Cost::default()
    }
}

/// The window of one channel, shared by both of its ends (or, between processes, by the sender and the
/// task that reads credit frames).
#[derive(Debug)]
pub struct Window {
    limits: ChannelLimits,
    batches: AtomicU32,
    marks: AtomicU32,
    bytes: AtomicU64,
    sender_waits: AtomicBool,
}

impl Window {
    /// An empty window.
    pub fn new(limits: ChannelLimits) -> Self {
        Window {
            limits,
            batches: AtomicU32::new(0),
            marks: AtomicU32::new(0),
            bytes: AtomicU64::new(0),
            sender_waits: AtomicBool::new(false),
        }
    }

    /// Takes room for `cost`. When there is none, false, and a later [`Window::give_back`] says that
    /// the sender wants to be woken.
    pub fn try_take(&self, cost: Cost) -> bool {
        if !self.has_room(cost) {
            self.sender_waits.store(true, Ordering::SeqCst);
            // The receiver may have given back between the look and the note: look once more.
            if !self.has_room(cost) {
                return false;
            }
            self.sender_waits.store(false, Ordering::SeqCst);
        }
        self.batches.fetch_add(cost.batches, Ordering::SeqCst);
        self.marks.fetch_add(cost.marks, Ordering::SeqCst);
        self.bytes.fetch_add(cost.bytes, Ordering::SeqCst);
        true
    }

    fn has_room(&self, cost: Cost) -> bool {
        let batches = self.batches.load(Ordering::SeqCst);
        let data_fits = cost.batches == 0
            || batches == 0
            || (batches < self.limits.batches
                && self.bytes.load(Ordering::SeqCst) < self.limits.bytes);
        data_fits && (cost.marks == 0 || self.marks.load(Ordering::SeqCst) < MAX_MARKS)
    }

    /// The receiver has taken elements of this cost out. True when the sender waits for that.
    pub fn give_back(&self, cost: Cost) -> bool {
        let sub32 = |counter: &AtomicU32, amount| {
            let _ = counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |value| {
                Some(value.saturating_sub(amount))
            });
        };
        sub32(&self.batches, cost.batches);
        sub32(&self.marks, cost.marks);
        let _ = self
            .bytes
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |value| {
                Some(value.saturating_sub(cost.bytes))
            });
        self.sender_waits.swap(false, Ordering::SeqCst)
    }

    /// The most batches that may be outstanding, for the receiver's own check of its peer.
    pub fn max_batches(limits: ChannelLimits) -> usize {
        limits.batches.max(1) as usize + MAX_MARKS as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: Cost = Cost {
        batches: 1,
        marks: 0,
        bytes: 100,
    };

    #[test]
    fn an_empty_window_takes_any_batch_and_a_full_one_none() {
        let window = Window::new(ChannelLimits {
            batches: 2,
            bytes: 1_000_000,
        });
        assert!(window.try_take(DATA));
        assert!(window.try_take(DATA));
        assert!(!window.try_take(DATA));
        assert!(window.give_back(DATA), "the sender waits");
        assert!(window.try_take(DATA));
        let small = Window::new(ChannelLimits {
            batches: 8,
            bytes: 10,
        });
        assert!(small.try_take(DATA));
        assert!(!small.try_take(DATA));
    }

    #[test]
    fn barriers_pass_a_full_window_and_marks_are_bounded() {
        let window = Window::new(ChannelLimits {
            batches: 1,
            bytes: 1,
        });
        assert!(window.try_take(DATA));
        assert!(window.try_take(Cost::default()));
        let mark = Cost {
            marks: 1,
            ..Cost::default()
        };
        assert!((0..MAX_MARKS).all(|_| window.try_take(mark)));
        assert!(!window.try_take(mark));
    }
}
