//! Which slots of a state in memory hold entries of a time, so that forgetting looks at those only.
//!
//! Going through all keys at each pass reads each entry several times before it goes, and memory that nothing
//! else has touched since. Slots are listed by stretches of time; a slot that another key has by now is looked
//! at for nothing. What comes from a snapshot is not listed: until it is over, everything is looked at.

use std::collections::BTreeMap;

/// Slots by time; see the module's documentation.
#[derive(Debug)]
pub(super) struct SlotsByTime {
    /// Of a stretch, in ms.
    width: i64,
    /// By the number of the stretch.
    slots: BTreeMap<i64, Vec<u32>>,
    /// The greatest time of an entry that is not listed.
    unlisted_until: Option<i64>,
}

impl SlotsByTime {
    /// Stretches of so many ms.
    pub(super) fn new(width: i64) -> Self {
        SlotsByTime {
            width: width.max(1),
            slots: BTreeMap::new(),
            unlisted_until: None,
        }
    }

    /// An entry of this time is in the state whose slot is not known.
    pub(super) fn add_unlisted(&mut self, time: i64) {
        self.unlisted_until = self.unlisted_until.max(Some(time));
    }

    /// An entry of this time was put into a slot.
    pub(super) fn add(&mut self, time: i64, slot: u32) {
        let slots = self.slots.entry(time.div_euclid(self.width)).or_default();
        if slots.last() != Some(&slot) {
            slots.push(slot);
        }
    }

    /// The slots that may hold entries of times up to `last`, which are forgotten now; nothing when all may.
    pub(super) fn take_until(&mut self, last: i64) -> Option<Vec<u32>> {
        // The stretch that `last` is in may have later entries, too: it is kept.
        let stretch = last.div_euclid(self.width);
        let later = self.slots.split_off(&stretch);
        let over = std::mem::replace(&mut self.slots, later);
        let mut slots: Vec<u32> = over.into_values().flatten().collect();
        slots.extend(self.slots.get(&stretch).into_iter().flatten());
        match self.unlisted_until {
            None => Some(slots),
            Some(until) => {
                self.unlisted_until = (until > last).then_some(until);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_slots_of_what_is_over() {
        let mut slots = SlotsByTime::new(10);
        for (time, slot) in [(-3, 1), (4, 2), (5, 2), (9, 3), (10, 4), (25, 5)] {
            slots.add(time, slot);
        }
        assert_eq!(slots.take_until(-1), Some(vec![1]));
        assert_eq!(slots.take_until(7), Some(vec![1, 2, 3]));
        // Entries of the same stretch that were later than that.
        assert_eq!(slots.take_until(12), Some(vec![2, 3, 4]));
        assert_eq!(slots.take_until(i64::MAX), Some(vec![4, 5]));
        assert_eq!(slots.take_until(i64::MAX), Some(vec![]));
    }

    #[test]
    fn looks_at_everything_until_what_is_not_listed_is_over() {
        let mut slots = SlotsByTime::new(10);
        slots.add_unlisted(12);
        slots.add(30, 1);
        assert_eq!(slots.take_until(11), None);
        assert_eq!(slots.take_until(12), None);
        assert_eq!(slots.take_until(30), Some(vec![1]));
    }
}
