//! Growable typed columns that can be frozen in no time: the memory of keyed state.
//!
//! A [`CowVec`] is a vector cut into blocks of [`BLOCK`] values. Freezing moves each block behind an
//! `Arc` that the frozen copy shares (no value is copied); the first write into a shared block copies
//! that block, or takes it back when the frozen copy is gone. So a barrier costs one pointer per
//! thousand groups, and afterwards only blocks that are really written are copied.
//!
//! Blocks are `Owned` or `Shared` rather than always an `Arc`, because `Arc::make_mut` is an atomic
//! operation and writes happen once per row.

use std::sync::Arc;

/// Values in a block; a power of two.
pub const BLOCK: usize = 1024;
const SHIFT: u32 = BLOCK.trailing_zeros();
const MASK: usize = BLOCK - 1;

#[derive(Clone, Debug)]
enum Block<T> {
    Owned(Vec<T>),
    Shared(Arc<Vec<T>>),
}

impl<T: Clone> Block<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Block::Owned(values) => values,
            Block::Shared(values) => values,
        }
    }

    #[inline]
    fn as_mut(&mut self) -> &mut Vec<T> {
        if let Block::Shared(values) = self {
            let shared = std::mem::take(values);
            *self = Block::Owned(Arc::try_unwrap(shared).unwrap_or_else(|arc| (*arc).clone()));
        }
        match self {
            Block::Owned(values) => values,
            Block::Shared(_) => {
                unreachable!("a shared block has just been replaced by an owned one")
            }
        }
    }
}

/// A vector whose frozen copies share its blocks; see the module's documentation.
#[derive(Debug)]
pub struct CowVec<T> {
    blocks: Vec<Block<T>>,
    len: usize,
}

impl<T> Default for CowVec<T> {
    fn default() -> Self {
        CowVec {
            blocks: Vec::new(),
            len: 0,
        }
    }
}

impl<T: Clone + Default> CowVec<T> {
    /// How many values there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Grows to `len` values; new ones are `T::default()`. Never shrinks.
    pub fn resize(&mut self, len: usize) {
        while self.len < len {
            if self.len & MASK == 0 {
                // A small first block keeps the many small tables of windows small.
                let capacity = if self.blocks.is_empty() { 0 } else { BLOCK };
                self.blocks.push(Block::Owned(Vec::with_capacity(capacity)));
            }
            let block_start = self.len & !MASK;
            let wanted = (len - block_start).min(BLOCK);
            let index = self.len >> SHIFT;
            self.blocks[index].as_mut().resize(wanted, T::default());
            self.len = block_start + wanted;
        }
    }

    /// Adds a value at the end.
    pub fn push(&mut self, value: T) {
        self.resize(self.len + 1);
        *self.get_mut(self.len - 1) = value;
    }

    /// The value at `index`.
    ///
    /// # Panics
    /// When `index` is not below [`CowVec::len`]: slots come from the table that sized the column.
    #[inline]
    pub fn get(&self, index: usize) -> &T {
        &self.blocks[index >> SHIFT].as_slice()[index & MASK]
    }

    /// The value at `index`, to be changed.
    ///
    /// # Panics
    /// As [`CowVec::get`].
    #[inline]
    pub fn get_mut(&mut self, index: usize) -> &mut T {
        &mut self.blocks[index >> SHIFT].as_mut()[index & MASK]
    }

    /// All values in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.blocks.iter().flat_map(|block| block.as_slice())
    }

    /// A copy as of now that shares all blocks with this vector.
    pub fn freeze(&mut self) -> Self {
        for block in &mut self.blocks {
            if let Block::Owned(values) = block {
                *block = Block::Shared(Arc::new(std::mem::take(values)));
            }
        }
        CowVec {
            blocks: self.blocks.clone(),
            len: self.len,
        }
    }

    /// Bytes of the values themselves, without what they point to.
    pub fn memory_size(&self) -> usize {
        self.blocks
            .iter()
            .map(|block| std::mem::size_of_val(block.as_slice()))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_block_is_taken_back_when_its_frozen_copy_is_gone() {
        let mut column = CowVec::<u64>::default();
        column.resize(10);
        let address = column.get(0) as *const u64;
        drop(column.freeze());
        *column.get_mut(3) = 7;
        assert_eq!(column.get(0) as *const u64, address);
    }

    proptest! {
        #[test]
        fn frozen_copies_never_change(
            writes in proptest::collection::vec((0usize..3000, any::<u64>(), prop::bool::weighted(0.05)), 0..400),
        ) {
            let mut column = CowVec::<u64>::default();
            let mut model = Vec::<u64>::new();
            let mut frozen = Vec::new();
            for (index, value, freeze) in writes {
                if index >= model.len() {
                    model.resize(index + 1, 0);
                    column.resize(index + 1);
                }
                model[index] = value;
                *column.get_mut(index) = value;
                if freeze {
                    frozen.push((column.freeze(), model.clone()));
                }
            }
            prop_assert_eq!(column.iter().copied().collect::<Vec<_>>(), model);
            for (copy, expected) in frozen {
                prop_assert_eq!(copy.iter().copied().collect::<Vec<_>>(), expected);
            }
        }
    }
}
