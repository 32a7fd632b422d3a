//! Hashes slots: small numbers of our own making, which nobody can choose so that they collide.

use std::hash::{BuildHasherDefault, Hasher};

/// For maps from slots.
pub(super) type BySlot = BuildHasherDefault<SlotHasher>;

/// One multiplication (Fibonacci hashing), whose upper bits, where maps look, depend on all bits of the slot.
#[derive(Default)]
pub(super) struct SlotHasher(u64);

impl Hasher for SlotHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }

    #[inline]
    fn write_u32(&mut self, slot: u32) {
        let mixed = (self.0 ^ u64::from(slot)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
