#![allow(clippy::unwrap_used)]

use alpheus_dataflow::element::CheckpointKind;
use arrow::array::{Array, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;

use super::*;
use crate::exchange::{ChannelLimits, LocalSender, local_channel};
use crate::waker::SlotWaker;

fn rows(values: &[i64]) -> StreamElement {
    let column: Arc<dyn Array> = Arc::new(Int64Array::from(values.to_vec()));
    let batch = RecordBatch::try_from_iter([("v", column)]).unwrap();
    StreamElement::Data(ChangelogBatch::inserts(batch))
}

fn barrier(id: u64) -> StreamElement {
    StreamElement::Barrier(CheckpointBarrier {
        id: CheckpointId(id),
        timestamp: 0,
        kind: CheckpointKind::Checkpoint,
    })
}

fn gate(inputs: &[usize]) -> (Vec<LocalSender>, InputGate) {
    let (senders, channels) = inputs
        .iter()
        .map(|input| {
            let (sender, channel) =
                local_channel(ChannelLimits::default(), SlotWaker::new(), SlotWaker::new());
            (sender, (*input, channel))
        })
        .unzip();
    (senders, InputGate::new(channels, Duration::from_secs(3600)))
}

fn drain(gate: &mut InputGate) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        match gate.poll(true, Instant::now()).unwrap() {
            GatePoll::Event(GateEvent::Data(input, batch)) => {
                let column = batch.rows().column(0).as_primitive::<Int64Type>();
                seen.push(format!("{input}{:?}", column.values().to_vec()));
            }
            GatePoll::Event(GateEvent::Watermark(watermark)) => {
                seen.push(format!("w{}", watermark.0));
            }
            GatePoll::Event(GateEvent::Idle(idle)) => seen.push(format!("idle {idle}")),
            GatePoll::Event(GateEvent::Barrier(barrier, _)) => {
                seen.push(format!("b{}", barrier.id))
            }
            GatePoll::Event(GateEvent::GivenUp(id)) => seen.push(format!("given up {id}")),
            GatePoll::Event(GateEvent::EndOfInput(input)) => seen.push(format!("end {input}")),
            GatePoll::Holding(_) => panic!("eager polls never hold"),
            GatePoll::Empty => return seen,
            GatePoll::Ended => {
                seen.push("ended".to_owned());
                return seen;
            }
        }
    }
}

#[test]
fn small_batches_are_put_together_and_wait_unless_asked_eagerly() {
    let (senders, mut gate) = gate(&[0, 0]);
    senders[0].try_send(rows(&[1, 2])).unwrap();
    senders[1].try_send(rows(&[3])).unwrap();
    let now = Instant::now();
    assert!(matches!(
        gate.poll(false, now).unwrap(),
        GatePoll::Holding(_)
    ));
    senders[0].try_send(rows(&[4])).unwrap();
    assert_eq!(drain(&mut gate), ["0[1, 2, 3, 4]"]);
    // The deadline delivers too.
    senders[0].try_send(rows(&[5])).unwrap();
    let GatePoll::Holding(deadline) = gate.poll(false, now).unwrap() else {
        panic!("not held");
    };
    assert!(matches!(
        gate.poll(false, deadline).unwrap(),
        GatePoll::Event(GateEvent::Data(0, _))
    ));
}

#[test]
fn rows_behind_a_barrier_wait_for_the_other_channels() {
    let (senders, mut gate) = gate(&[0, 0]);
    senders[0].try_send(rows(&[1])).unwrap();
    senders[0].try_send(barrier(1)).unwrap();
    senders[0].try_send(rows(&[100])).unwrap();
    senders[1].try_send(rows(&[2])).unwrap();
    assert_eq!(drain(&mut gate), ["0[1, 2]"]);
    senders[1].try_send(rows(&[3])).unwrap();
    senders[1].try_send(barrier(1)).unwrap();
    assert_eq!(drain(&mut gate), ["0[3]", "b1", "0[100]"]);
}

#[test]
fn the_end_of_a_channel_completes_a_barrier_and_that_of_all_the_input() {
    let (senders, mut gate) = gate(&[0, 0, 1]);
    senders[2].try_send(StreamElement::EndOfInput).unwrap();
    senders[0].try_send(barrier(1)).unwrap();
    assert_eq!(drain(&mut gate), ["end 1"]);
    senders[1]
        .try_send(StreamElement::Watermark(Watermark::MAX))
        .unwrap();
    senders[1].try_send(StreamElement::EndOfInput).unwrap();
    assert_eq!(drain(&mut gate), ["b1"]);
    senders[0].try_send(rows(&[1])).unwrap();
    senders[0].try_send(StreamElement::EndOfInput).unwrap();
    assert_eq!(drain(&mut gate), ["0[1]", "end 0", "ended"]);
}

#[test]
fn watermarks_come_after_the_rows_before_them() {
    let (senders, mut gate) = gate(&[0, 1]);
    senders[0].try_send(rows(&[1])).unwrap();
    senders[0]
        .try_send(StreamElement::Watermark(Watermark(5)))
        .unwrap();
    senders[1].try_send(rows(&[2])).unwrap();
    senders[1]
        .try_send(StreamElement::Watermark(Watermark(4)))
        .unwrap();
    assert_eq!(drain(&mut gate), ["0[1]", "1[2]", "w4"]);
    senders[1].try_send(StreamElement::Idle(true)).unwrap();
    assert_eq!(drain(&mut gate), ["w5"]);
    senders[0].try_send(StreamElement::Idle(true)).unwrap();
    assert_eq!(drain(&mut gate), ["idle true"]);
}

#[test]
fn a_broken_connection_is_an_error_not_an_end() {
    let (senders, mut gate) = gate(&[0]);
    senders[0].channel.fail("lost the connection to worker 3");
    let error = gate.poll(true, Instant::now()).unwrap_err();
    assert!(error.to_string().contains("worker 3"));
}
