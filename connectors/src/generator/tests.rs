#![allow(clippy::unwrap_used)]

use arrow::array::{ArrayRef, UInt64Array};
use proptest::prelude::*;

use super::*;
use crate::testing::{next_batch, read_all, read_with_restarts, reader, rows};
use alpheus_dataflow::source::{NextSplit, SourcePoll};

struct Numbers;

impl RowMaker for Numbers {
    fn name(&self) -> &str {
        "numbers"
    }

    fn make(&self, numbers: &[u64], _base_ms: i64) -> OperatorResult<RecordBatch> {
        let column: ArrayRef = Arc::new(UInt64Array::from(numbers.to_vec()));
        Ok(RecordBatch::try_from_iter([("n", column)])?)
    }
}

fn source(count: u64, per_second: Option<u64>, block: u64) -> GeneratorSource {
    let pace = Pace {
        count: Some(count),
        per_second,
        block,
        base_ms: 0,
    };
    GeneratorSource::new(Numbers, pace)
}

proptest! {
    #[test]
    fn every_number_comes_once_at_any_parallelism_and_after_rescaling(
        count in 0u64..100, block in 1u64..7, before in 1u32..5, after in 1u32..5, batch in 1usize..9,
    ) {
        let source = source(count, None, block);
        let mut enumerator = source.create_enumerator(before, None).unwrap();
        let mut all: Vec<String> = Vec::new();
        // Each reader gives two batches, then all are restored at another parallelism.
        let mut splits = Vec::new();
        for subtask in 0..before {
            let mut live = reader(&source, batch);
            if let NextSplit::Split(split) = enumerator.next_split(subtask).unwrap() {
                live.add_split(split).unwrap();
            }
            for _ in 0..2 {
                if let SourcePoll::Batch(batch) = live.poll_next().unwrap() {
                    all.extend(rows(batch.rows()));
                }
            }
            splits.extend(live.snapshot().unwrap());
        }
        let state = enumerator.snapshot().unwrap();
        let mut enumerator = source.create_enumerator(after, Some(&state)).unwrap();
        enumerator.add_back(splits);
        for subtask in 0..after {
            let mut live = reader(&source, batch);
            if let NextSplit::Split(split) = enumerator.next_split(subtask).unwrap() {
                live.add_split(split).unwrap();
            }
            let mut last = None;
            while let Some(batch) = next_batch(enumerator.as_mut(), live.as_mut()) {
                for row in rows(&batch) {
                    let number: u64 = row.parse().unwrap();
                    // One reader has all lanes at once and merges them.
                    prop_assert!(last.is_none_or(|last| last < number) || after > 1);
                    last = Some(number);
                    all.push(row);
                }
            }
        }
        let mut numbers: Vec<u64> = all.iter().map(|row| row.parse().unwrap()).collect();
        numbers.sort_unstable();
        prop_assert_eq!(numbers, (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn restarting_gives_the_rest() {
    let source = source(100, None, 3);
    let expected: Vec<_> = (0..100).map(|n: u64| n.to_string()).collect();
    assert_eq!(read_all(&source, 7), expected);
    assert_eq!(read_with_restarts(&source, 7), expected);
}

#[test]
fn a_rate_makes_readers_wait() {
    let source = source(100, Some(10), 1);
    let mut enumerator = source.create_enumerator(1, None).unwrap();
    let mut live = reader(&source, 50);
    let NextSplit::Split(split) = enumerator.next_split(0).unwrap() else {
        panic!("no split");
    };
    live.add_split(split).unwrap();
    // The clock of the tests stands still: one row is due at once, the next after 100 ms.
    assert!(matches!(live.poll_next().unwrap(), SourcePoll::Batch(batch) if batch.num_rows() == 1));
    match live.poll_next().unwrap() {
        SourcePoll::Pending(Some(wait)) => assert_eq!(wait.as_millis(), 100),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reader_that_is_through_leaves_the_lane_of_one_that_has_yet_to_ask() {
    let source = source(9, None, 1);
    let mut enumerator = source.create_enumerator(3, None).unwrap();
    let mut ask = |subtask| enumerator.next_split(subtask).unwrap();
    assert!(matches!(ask(0), NextSplit::Split(_)));
    assert!(matches!(ask(2), NextSplit::Split(_)));
    assert_eq!(ask(0), NextSplit::NoMore);
    assert!(matches!(ask(1), NextSplit::Split(_)));
    assert_eq!(ask(1), NextSplit::NoMore);
}

#[test]
fn under_readers_that_run_a_new_enumerator_gives_each_its_own_lanes() {
    let source = source(9, None, 1);
    let mut dead = source.create_enumerator(3, None).unwrap();
    let split_of = |enumerator: &mut dyn SplitEnumerator, subtask| match enumerator
        .next_split(subtask)
        .unwrap()
    {
        NextSplit::Split(split) => split,
        other => panic!("{other:?}"),
    };
    // Reader 0 has asked before the checkpoint, reader 2 after it, reader 1 not yet.
    split_of(dead.as_mut(), 0);
    let state = dead.snapshot().unwrap();
    let given = split_of(dead.as_mut(), 2);
    let left = split_of(dead.as_mut(), 1);
    let mut new = source.create_enumerator(3, Some(&state)).unwrap();
    // What readers have is drawn again, and what is drawn on the way goes back.
    let mut back = Vec::new();
    for subtask in 0..3 {
        if let NextSplit::Split(split) = new.next_split(subtask).unwrap()
            && split != given
        {
            back.push(split);
        }
    }
    new.add_back(back);
    // However fast readers are that are through with their own.
    for subtask in [0, 2, 2, 0] {
        assert_eq!(new.next_split(subtask).unwrap(), NextSplit::NoMore);
    }
    assert_eq!(split_of(new.as_mut(), 1), left);
}

proptest! {
    #[test]
    fn lanes_are_dealt_out_evenly(before in 1u32..20, after in 1u32..20) {
        let source = source(100, None, 1);
        let state = source.create_enumerator(before, None).unwrap().snapshot().unwrap();
        let mut enumerator = source.create_enumerator(after, Some(&state)).unwrap();
        let mut shares = Vec::new();
        for subtask in 0..after {
            shares.push(match enumerator.next_split(subtask).unwrap() {
                NextSplit::Split(split) => decode::<Vec<Lane>>(&Numbers, &split.state).unwrap().len(),
                _ => 0,
            });
        }
        prop_assert_eq!(shares.iter().sum::<usize>(), before as usize);
        prop_assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1);
    }
}
