//! Every crash point, against a store that remembers facts.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const RECORDS: u32 = 5;

/// A published checkpoint: who did it, where the source was, and what is to be committed with it.
#[derive(Clone, Debug, Default)]
struct Folder {
    published: Option<(AttemptNumber, u32, Vec<u32>)>,
}

/// What survives a crash.
#[derive(Clone, Debug, Default)]
struct Store {
    folders: BTreeMap<CheckpointId, Folder>,
    claims: BTreeSet<AttemptNumber>,
    /// Visible records, with how often each became visible by commits that were not repetitions.
    visible: BTreeMap<u32, BTreeSet<CheckpointId>>,
}

impl Store {
    fn found(&self) -> Vec<FoundFolder> {
        let folders = self.folders.iter();
        folders
            .map(|(id, folder)| FoundFolder {
                id: *id,
                published_by: folder.published.as_ref().map(|published| published.0),
            })
            .collect()
    }

    /// Committing twice for the same checkpoint is the same file appearing twice: once.
    fn commit(&mut self, permit: &CommitPermit, record: u32) {
        let checkpoints = self.visible.entry(record).or_default();
        checkpoints.insert(permit.checkpoint());
    }
}

/// Runs one attempt that dies before its `crash`-th step; true when the job is done.
fn run(store: &mut Store, attempt: u32, crash: usize) -> bool {
    let attempt = AttemptNumber(attempt);
    let mut steps = 0;
    macro_rules! step {
        () => {
            if steps == crash {
                return false;
            }
            steps += 1;
        };
    }
    step!();
    store.claims.insert(attempt);
    step!();
    let plan = decide_restart(&store.found(), 1);
    let mut position = 0;
    if let Some(id) = plan.restore {
        let (_, restored, prepared) = store.folders[&id].published.clone().unwrap();
        position = restored;
        let permit = may_commit(id, attempt, store.claims.last().copied()).unwrap();
        for record in prepared {
            step!();
            store.commit(&permit, record);
        }
    }
    for id in plan.delete {
        step!();
        store.folders.remove(&id);
    }
    let mut completed: Vec<_> = plan.restore.into_iter().collect();
    let mut next = plan.next;
    while position < RECORDS {
        // Each epoch has two records.
        let prepared: Vec<u32> = (position..RECORDS.min(position + 2)).collect();
        step!();
        store.folders.insert(next, Folder::default());
        step!();
        let after = position + prepared.len() as u32;
        let folder = store.folders.get_mut(&next).unwrap();
        assert!(folder.published.is_none(), "numbers are never used twice");
        folder.published = Some((attempt, after, prepared.clone()));
        step!();
        let permit = may_commit(next, attempt, store.claims.last().copied()).unwrap();
        for record in prepared {
            step!();
            store.commit(&permit, record);
        }
        completed.push(next);
        while completed.len() > 1 {
            step!();
            store.folders.remove(&completed.remove(0));
        }
        position = after;
        next = next.next();
    }
    true
}

#[test]
fn any_two_crashes_leave_every_record_visible_once() {
    for first in 0..40 {
        for second in 0..40 {
            let mut store = Store::default();
            let _ = run(&mut store, 1, first);
            let _ = run(&mut store, 2, second);
            assert!(run(&mut store, 3, usize::MAX));
            for record in 0..RECORDS {
                let times = store.visible.get(&record).map_or(0, BTreeSet::len);
                assert_eq!(times, 1, "record {record}, crashes at {first} and {second}");
            }
            assert_eq!(store.folders.len(), 1, "no leftovers");
        }
    }
}

/// All interleavings of an old attempt's last steps (publish, look for claims, commit) with a new
/// attempt's first steps (claim, list, commit what it restores from).
#[test]
fn of_an_old_and_a_new_attempt_exactly_one_commits() {
    for order in 0u32..64 {
        if order.count_ones() != 3 {
            continue;
        }
        let (old, new) = (AttemptNumber(1), AttemptNumber(2));
        let mut store = Store::default();
        store.folders.insert(CheckpointId(1), Folder::default());
        let (mut old_step, mut new_step) = (0, 0);
        let (mut permit, mut plan) = (None, None);
        for bit in 0..6 {
            if order >> bit & 1 == 1 {
                match old_step {
                    0 => {
                        let folder = store.folders.get_mut(&CheckpointId(1)).unwrap();
                        folder.published = Some((old, 1, vec![0]));
                    }
                    1 => permit = may_commit(CheckpointId(1), old, store.claims.last().copied()),
                    _ => {
                        if let Some(permit) = &permit {
                            store.commit(permit, 0);
                        }
                    }
                }
                old_step += 1;
            } else {
                match new_step {
                    0 => drop(store.claims.insert(new)),
                    1 => plan = Some(decide_restart(&store.found(), 1)),
                    _ => {
                        let plan: &RestartPlan = plan.as_ref().unwrap();
                        // Without a checkpoint the new attempt reads the record again, and commits it
                        // with its own first checkpoint.
                        let id = plan.restore.unwrap_or(plan.next);
                        let permit = may_commit(id, new, store.claims.last().copied()).unwrap();
                        store.commit(&permit, 0);
                    }
                }
                new_step += 1;
            }
        }
        assert_eq!(store.visible[&0].len(), 1, "order {order:06b}");
    }
}

#[test]
fn a_later_attempts_checkpoint_wins_over_a_higher_number() {
    let folder = |id, attempt: Option<u32>| FoundFolder {
        id: CheckpointId(id),
        published_by: attempt.map(AttemptNumber),
    };
    let plan = decide_restart(
        &[
            folder(4, Some(1)),
            folder(5, Some(2)),
            folder(6, Some(1)),
            folder(7, None),
        ],
        2,
    );
    assert_eq!(plan.restore, Some(CheckpointId(5)));
    assert_eq!(plan.delete, [CheckpointId(4), CheckpointId(7)]);
    assert_eq!(plan.next, CheckpointId(8));
}
