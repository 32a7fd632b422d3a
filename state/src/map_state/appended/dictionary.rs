//! Texts that come again and again, each once.
//!
//! Whether a column's texts are worth it is asked chunk by chunk: where most of them are new the chunk keeps
//! them as they are, and after some such chunks in turn nobody asks any more. Nor are short ones worth looking up.

use std::sync::Arc;

use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::hash::stable_hash_64;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// The most texts, so that what a column once had does not fill memory.
const MOST: usize = 1 << 16;
/// Texts of fewer bytes on average are kept as they are: finding one costs as much as finding a long one.
const SHORT: usize = 16;
/// After so many chunks of new texts in turn the column is not looked at any more.
const CHUNKS_OF_NEW: u32 = 3;

/// The texts of a column by number.
pub(super) type Texts = CowVec<Arc<[u8]>>;

/// Numbers the texts of a column; see the module's documentation.
#[derive(Default)]
pub(super) struct Dictionary {
    /// Numbers with the hashes of their texts, so that only texts that most likely are the same are compared.
    table: HashTable<(u64, u32)>,
    text_bytes: usize,
    /// Chunks in turn whose texts were new.
    new_in_turn: u32,
}

impl Dictionary {
    /// The numbers of a chunk's texts; none if too many of them are new. `texts` are those numbered so far.
    pub fn number<'a>(
        &mut self,
        texts: &mut Texts,
        rows: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
    ) -> Option<Vec<i64>> {
        if self.new_in_turn >= CHUNKS_OF_NEW {
            return None;
        }
        let count = rows.len();
        if rows.clone().map(<[u8]>::len).sum::<usize>() < SHORT * count {
            return None;
        }
        let known = texts.len();
        let mut numbers: Vec<i64> = Vec::with_capacity(count);
        let mut new: Vec<(u64, &[u8])> = Vec::new();
        let mut table_of_new: HashTable<usize> = HashTable::new();
        for text in rows {
            let hash = stable_hash_64(text);
            let found = self.table.find(hash, |&(other, number)| {
                other == hash && **texts.get(number as usize) == *text
            });
            if let Some(&(_, number)) = found {
                numbers.push(i64::from(number));
                continue;
            }
            let entry = table_of_new.entry(hash, |&at| new[at] == (hash, text), |&at| new[at].0);
            let at = match entry {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    entry.insert(new.len());
                    new.push((hash, text));
                    new.len() - 1
                }
            };
            numbers.push((known + at) as i64);
        }
        if new.len() * 4 > count * 3 || known + new.len() > MOST {
            self.new_in_turn += 1;
            return None;
        }
        self.new_in_turn = 0;
        for (hash, text) in new {
            let entry = (hash, texts.len() as u32);
            self.table.insert_unique(hash, entry, |&(hash, _)| hash);
            texts.push(text.into());
            self.text_bytes += text.len() + 2 * size_of::<usize>();
        }
        Some(numbers)
    }

    pub fn memory_size(&self, texts: &Texts) -> usize {
        self.text_bytes
            + texts.memory_size()
            + self.table.capacity() * (size_of::<(u64, u32)>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_left_as_they_are() {
        let (mut dictionary, mut texts) = (Dictionary::default(), Texts::default());
        for _ in 0..2 * CHUNKS_OF_NEW {
            let short: [&[u8]; 2] = [b"short", b"short"];
            assert_eq!(dictionary.number(&mut texts, short.into_iter()), None);
        }
        // Which does not say that longer ones do not repeat.
        let long: [&[u8]; 2] = [b"a text that is longer", b"a text that is longer"];
        assert_eq!(
            dictionary.number(&mut texts, long.into_iter()),
            Some(vec![0, 0])
        );
    }

    #[test]
    fn numbers_what_repeats_and_gives_up_on_what_does_not() {
        let (mut dictionary, mut texts) = (Dictionary::default(), Texts::default());
        let few: Vec<String> = (0..100)
            .map(|row| format!("one of seven: {}!", row % 7))
            .collect();
        let bytes = |rows: &[String]| -> Vec<Vec<u8>> {
            rows.iter().map(|row| row.clone().into_bytes()).collect()
        };
        let mut number = |rows: &[String]| {
            let rows = bytes(rows);
            dictionary.number(&mut texts, rows.iter().map(Vec::as_slice))
        };
        let expected: Vec<i64> = (0..100).map(|row| row % 7).collect();
        assert_eq!(number(&few), Some(expected.clone()));
        for chunk in 0..CHUNKS_OF_NEW {
            assert_eq!(number(&few), Some(expected.clone()));
            for more in 0..=chunk {
                let new: Vec<String> = (0..100)
                    .map(|row| format!("a new text: {chunk}-{more}-{row}"))
                    .collect();
                assert_eq!(number(&new), None);
            }
        }
        assert_eq!(number(&few), None);
        assert_eq!(texts.len(), 7);
        assert_eq!(**texts.get(3), *b"one of seven: 3!");
    }
}
