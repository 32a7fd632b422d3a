//! Order of splits and snapshots, waiting readers, restores.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use alpheus_dataflow::error::OperatorResult;
use alpheus_dataflow::ids::SubtaskIndex;
use alpheus_dataflow::source::{Boundedness, SourceReader, SourceReaderContext, SourceSplit};

use super::*;
use crate::checkpoint::RestoreRecord;
use crate::event::event_channel;

/// Hands out numbers; what is discovered comes from the test.
struct Numbers {
    left: Vec<u8>,
    found: Arc<Mutex<Vec<u8>>>,
    discovers: bool,
}

fn split(number: u8) -> SourceSplit {
    SourceSplit {
        id: number.to_string(),
        state: vec![number],
    }
}

impl SplitEnumerator for Numbers {
    fn next_split(&mut self, _subtask: u32) -> OperatorResult<NextSplit> {
        Ok(match self.left.pop() {
            Some(number) => NextSplit::Split(split(number)),
            None if self.discovers => NextSplit::Wait,
            None => NextSplit::NoMore,
        })
    }

    fn discover(&mut self) -> OperatorResult<bool> {
        let mut found = self.found.lock().unwrap();
        self.left.append(&mut found);
        Ok(!self.left.is_empty())
    }

    fn discovery_interval(&self) -> Option<Duration> {
        self.discovers.then_some(Duration::from_millis(1))
    }

    fn add_back(&mut self, splits: Vec<SourceSplit>) {
        self.left
            .extend(splits.into_iter().flat_map(|split| split.state));
    }

    fn share(&self) -> Option<SourceShare> {
        let left = self.left.len() as u64;
        (!self.discovers).then_some(SourceShare {
            done: 3 - left,
            total: 3,
        })
    }

    fn snapshot(&self) -> OperatorResult<Vec<u8>> {
        Ok(self.left.clone())
    }
}

struct NumberSource {
    found: Arc<Mutex<Vec<u8>>>,
    discovers: bool,
}

impl Source for NumberSource {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }

    fn create_enumerator(
        &self,
        _parallelism: u32,
        restored: Option<&[u8]>,
    ) -> OperatorResult<Box<dyn SplitEnumerator>> {
        Ok(Box::new(Numbers {
            left: restored.unwrap_or(&[3, 2, 1]).to_vec(),
            found: Arc::clone(&self.found),
            discovers: self.discovers,
        }))
    }

    fn create_reader(&self, _: SourceReaderContext) -> OperatorResult<Box<dyn SourceReader>> {
        unreachable!("the coordinator reads nothing")
    }
}

const ATTEMPT: AttemptNumber = AttemptNumber(1);

fn task() -> TaskId {
    TaskId {
        vertex: VertexId(0),
        subtask: SubtaskIndex(0),
    }
}

struct Running {
    sender: SourceSender,
    events: std::sync::mpsc::Receiver<Event>,
    found: Arc<Mutex<Vec<u8>>>,
}

impl Running {
    fn new(discovers: bool) -> Self {
        let (events, receiver) = event_channel();
        let found = Arc::new(Mutex::new(Vec::new()));
        let source = NumberSource {
            found: Arc::clone(&found),
            discovers,
        };
        let factory: SourceFactory = Box::new(move || {
            Ok(vec![JobSource {
                operator: OperatorId(1),
                vertex: VertexId(0),
                parallelism: 1,
                source: Box::new(source),
            }])
        });
        let (sender, _) = start(factory, events).unwrap();
        Running {
            sender,
            events: receiver,
            found,
        }
    }

    /// The next event, but for progress.
    fn event(&self) -> Event {
        loop {
            match self.events.recv().unwrap() {
                Event::Progress(_) => {}
                event => return event,
            }
        }
    }

    fn reset(&self, attempt: AttemptNumber, restored: Option<Restored>) {
        self.sender.send(SourceCommand::Reset {
            attempt,
            restored,
            handed_out: None,
        });
        assert!(matches!(self.event(), Event::Restored { .. }));
        assert!(matches!(
            self.event(),
            Event::Fact(Fact::Prepared { result: Ok(_), .. })
        ));
    }

    fn request(&self, attempt: AttemptNumber) {
        self.sender.send(SourceCommand::Request {
            attempt,
            task: task(),
        });
    }

    fn next(&self) -> NextSplit {
        match self.event() {
            Event::Split { next, .. } => next,
            _ => panic!("not a split"),
        }
    }

    fn frozen(&self) -> Vec<u8> {
        match self.event() {
            Event::Fact(Fact::EnumeratorsFrozen { result, .. }) => result.unwrap()[0].1.clone(),
            _ => panic!("not a snapshot"),
        }
    }
}

#[test]
fn a_split_is_handed_out_before_or_after_a_snapshot_never_both() {
    let running = Running::new(false);
    running.reset(ATTEMPT, None);
    running.request(ATTEMPT);
    running.sender.send(SourceCommand::Freeze {
        attempt: ATTEMPT,
        checkpoint: CheckpointId(1),
    });
    running.request(ATTEMPT);
    assert_eq!(running.next(), NextSplit::Split(split(1)));
    assert_eq!(running.frozen(), [3, 2]);
    assert_eq!(running.next(), NextSplit::Split(split(2)));
}

#[test]
fn a_restored_enumerator_goes_on_where_the_snapshot_was_and_old_readers_get_nothing() {
    let running = Running::new(false);
    running.reset(ATTEMPT, None);
    let restored = Restored {
        record: RestoreRecord {
            id: CheckpointId(1),
            at: 0,
            path: String::new(),
            external: false,
            claimed: false,
        },
        finished: false,
        committables: Default::default(),
        enumerators: BTreeMap::from([(OperatorId(1), (Some(vec![9]), vec![split(8)]))]),
        tasks: Vec::new(),
        jobs: Vec::new(),
    };
    let second = AttemptNumber(2);
    running.reset(second, Some(restored));
    running.request(ATTEMPT);
    running.request(second);
    for expected in [8, 9] {
        assert_eq!(running.next(), NextSplit::Split(split(expected)));
        running.request(second);
    }
    assert_eq!(running.next(), NextSplit::NoMore);
}

#[test]
fn a_reader_that_waits_is_served_when_something_is_found() {
    let running = Running::new(true);
    running.reset(ATTEMPT, None);
    for _ in 0..3 {
        running.request(ATTEMPT);
        assert!(matches!(running.next(), NextSplit::Split(_)));
    }
    running.request(ATTEMPT);
    assert_eq!(running.next(), NextSplit::Wait);
    running.found.lock().unwrap().push(7);
    assert_eq!(running.next(), NextSplit::Split(split(7)));
}

#[test]
fn progress_is_the_share_that_was_handed_out() {
    let told = |discovers, splits| {
        let running = Running::new(discovers);
        running.reset(ATTEMPT, None);
        for _ in 0..splits {
            running.sender.send(SourceCommand::Request {
                attempt: ATTEMPT,
                task: task(),
            });
        }
        drop(running.sender);
        let progress = running.events.iter().filter_map(|event| match event {
            Event::Progress(share) => Some(share),
            _ => None,
        });
        progress.collect::<Vec<_>>()
    };
    assert_eq!(told(false, 2), [Some(0.0), Some(0.33), Some(0.66)]);
    assert_eq!(told(true, 2), [None]);
}
