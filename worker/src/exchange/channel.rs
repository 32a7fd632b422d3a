//! The receiving end of a channel: a queue that keeps order, filled by a task of this process or by the
//! connection to another one, emptied by the task that it leads to.
//!
//! A batch costs one short lock on each side. The reader is woken when the queue stops being empty; the
//! writer is woken, or told by a credit frame, when there is room again (see [`super::Window`]).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use alpheus_dataflow::element::StreamElement;
use alpheus_dataflow::ids::CheckpointId;

use super::CreditReturn;
use super::window::{Cost, Window};
use crate::waker::SlotWaker;

/// Who is told that room has become free.
pub enum Upstream {
    /// A task of this process.
    Local {
        /// The window that the task takes from.
        window: Arc<Window>,
        /// Its slot.
        producer: SlotWaker,
    },
    /// A worker: by credit frames.
    Remote(CreditReturn),
}

struct Entry {
    element: StreamElement,
    cost: Cost,
}

/// What waits in a channel in front of a barrier.
#[derive(Debug, Default)]
pub struct Overtaken {
    /// Rows and marks, which go on waiting.
    pub elements: Vec<StreamElement>,
    /// How many elements wait.
    pub waiting: usize,
    /// The barrier was there, which it is no more, or the end, behind which none comes.
    pub closed: bool,
}

/// The queue of a channel.
pub struct Channel {
    queue: Mutex<VecDeque<Entry>>,
    length: AtomicUsize,
    broken: OnceLock<String>,
    consumer: SlotWaker,
    upstream: Upstream,
}

impl Channel {
    /// An empty channel to a task in `consumer`'s slot.
    pub fn new(consumer: SlotWaker, upstream: Upstream) -> Self {
        Channel {
            queue: Mutex::new(VecDeque::new()),
            length: AtomicUsize::new(0),
            broken: OnceLock::new(),
            consumer,
            upstream,
        }
    }

    /// Appends an element whose room has been taken; returns how many elements wait now.
    pub fn push(&self, element: StreamElement, cost: Cost) -> usize {
        // A reader that is too busy to read may still wait for these.
        let urgent = matches!(
            element,
            StreamElement::Barrier(_) | StreamElement::EndOfInput
        );
        let length = {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.push_back(Entry { element, cost });
            self.length.store(queue.len(), Ordering::SeqCst);
            queue.len()
        };
        if length == 1 || urgent {
            self.consumer.wake();
        }
        length
    }

    /// Takes the next element and gives its room back.
    ///
    /// # Errors
    /// When nothing waits and the connection that filled the channel has broken; the text says how.
    pub fn pop(&self) -> Result<Option<StreamElement>, &str> {
        if self.length.load(Ordering::SeqCst) == 0 {
            return match self.broken.get() {
                Some(reason) => Err(reason),
                None => Ok(None),
            };
        }
        let entry = {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = queue.pop_front();
            self.length.store(queue.len(), Ordering::SeqCst);
            entry
        };
        let Some(Entry { element, cost }) = entry else {
            return Ok(None);
        };
        if !cost.is_zero() {
            match &self.upstream {
                Upstream::Local { window, producer } => {
                    if window.give_back(cost) {
                        producer.wake();
                    }
                }
                Upstream::Remote(credits) => credits.give_back(cost),
            }
        }
        Ok(Some(element))
    }

    /// Looks behind the first `seen` elements for the barrier of `checkpoint`: copies what lies in front
    /// of it and takes it out.
    pub fn overtake(&self, seen: usize, checkpoint: CheckpointId) -> Overtaken {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let mut overtaken = Overtaken::default();
        let mut barrier = None;
        for (position, entry) in queue.iter().enumerate().skip(seen) {
            match &entry.element {
                // Of a checkpoint that was given up.
                StreamElement::Barrier(older) if older.id < checkpoint => continue,
                StreamElement::Barrier(found) => {
                    barrier = (found.id == checkpoint).then_some(position);
                    overtaken.closed = true;
                }
                StreamElement::EndOfInput => overtaken.closed = true,
                element => overtaken.elements.push(element.clone()),
            }
            if overtaken.closed {
                break;
            }
        }
        if let Some(position) = barrier {
            queue.remove(position);
            self.length.store(queue.len(), Ordering::SeqCst);
        }
        overtaken.waiting = queue.len();
        overtaken
    }

    /// Why nothing more can come, if so.
    pub fn broken(&self) -> Option<&str> {
        self.broken.get().map(String::as_str)
    }

    /// How many elements wait.
    pub fn len(&self) -> usize {
        self.length.load(Ordering::SeqCst)
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Nothing more can come: the reader fails with `reason` once it has taken what is there.
    pub fn fail(&self, reason: &str) {
        let _ = self.broken.set(reason.to_owned());
        self.consumer.wake();
    }
}

/// The sending end of a channel inside this process.
pub struct LocalSender {
    /// Where elements go.
    pub channel: Arc<Channel>,
    /// How many may.
    pub window: Arc<Window>,
}

impl LocalSender {
    /// Hands the element over, or back when there is no room.
    #[allow(
        clippy::result_large_err,
        reason = "what was not taken goes back to its owner, unboxed"
    )]
    pub fn try_send(&self, element: StreamElement) -> Result<(), StreamElement> {
        let cost = Cost::of(&element);
        if !self.window.try_take(cost) {
            return Err(element);
        }
        self.channel.push(element, cost);
        Ok(())
    }
}

/// Both ends of a channel inside this process.
pub fn local_channel(
    limits: super::ChannelLimits,
    producer: SlotWaker,
    consumer: SlotWaker,
) -> (LocalSender, Arc<Channel>) {
    let window = Arc::new(Window::new(limits));
    let channel = Arc::new(Channel::new(
        consumer,
        Upstream::Local {
            window: Arc::clone(&window),
            producer,
        },
    ));
    let sender = LocalSender {
        channel: Arc::clone(&channel),
        window,
    };
    (sender, channel)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::thread;

    use alpheus_dataflow::changelog::ChangelogBatch;
    use alpheus_dataflow::element::Watermark;
    use arrow::array::RecordBatch;
    use arrow::datatypes::Schema;

    use super::*;
    use crate::exchange::ChannelLimits;

    fn batch() -> StreamElement {
        StreamElement::Data(ChangelogBatch::inserts(RecordBatch::new_empty(Arc::new(
            Schema::empty(),
        ))))
    }

    /// A writer that parks when there is no room and a reader that parks when there is nothing: a lost
    /// wake-up would hang, a lost element would break the order.
    #[test]
    fn nothing_is_lost_and_nobody_sleeps_for_ever() {
        const ELEMENTS: i64 = 20_000;
        let limits = ChannelLimits {
            batches: 2,
            bytes: 1 << 20,
        };
        let (producer, consumer) = (SlotWaker::new(), SlotWaker::new());
        let (sender, channel) = local_channel(limits, producer.clone(), consumer.clone());
        let writer = thread::spawn(move || {
            producer.bind_to_current_thread();
            for number in 0..ELEMENTS {
                for mut element in [batch(), StreamElement::Watermark(Watermark(number))] {
                    while let Err(back) = sender.try_send(element) {
                        element = back;
                        thread::park();
                    }
                }
                assert!(sender.channel.len() <= 2 + 1025);
            }
        });
        let reader = thread::spawn(move || {
            consumer.bind_to_current_thread();
            let mut next = 0;
            while next < ELEMENTS {
                match channel.pop().unwrap() {
                    Some(StreamElement::Watermark(mark)) => {
                        assert_eq!(mark, Watermark(next));
                        next += 1;
                    }
                    Some(_) => {}
                    None => thread::park(),
                }
            }
        });
        writer.join().unwrap();
        reader.join().unwrap();
    }

    #[test]
    fn a_broken_channel_says_so_after_its_last_element() {
        let (sender, channel) =
            local_channel(ChannelLimits::default(), SlotWaker::new(), SlotWaker::new());
        sender.try_send(StreamElement::EndOfInput).unwrap();
        channel.fail("lost");
        assert!(matches!(channel.pop(), Ok(Some(StreamElement::EndOfInput))));
        assert_eq!(channel.pop().unwrap_err(), "lost");
    }
}
