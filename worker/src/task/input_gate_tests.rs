#![allow(clippy::unwrap_used)]

use alpheus_dataflow::element::CheckpointKind;
use arrow::array::{Array, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;

use super::*;
use crate::exchange::{ChannelLimits, LocalSender, local_channel};
use crate::task::in_flight::test_place;
use crate::task::replay::ReplayChannel;
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
        overtake_after_ms: None,
    })
}

fn gate(inputs: &[usize]) -> (Vec<LocalSender>, InputGate) {
    gate_with(inputs, ChannelLimits::default(), None)
}

fn gate_with(
    inputs: &[usize],
    limits: ChannelLimits,
    replay: Option<Replay>,
) -> (Vec<LocalSender>, InputGate) {
    let (senders, channels) = inputs
        .iter()
        .enumerate()
        .map(|(position, input)| {
            let (sender, queue) = local_channel(limits, SlotWaker::new(), SlotWaker::new());
            let channel = GateInput {
                input: *input,
                queue,
                place: test_place(position as u32, true),
            };
            (sender, channel)
        })
        .unzip();
    let linger = Duration::from_secs(3600);
    (senders, InputGate::new(channels, linger, replay))
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

fn texts(elements: &[StreamElement]) -> Vec<String> {
    elements
        .iter()
        .map(|element| match element {
            StreamElement::Data(batch) => {
                let column = batch.rows().column(0).as_primitive::<Int64Type>();
                format!("{:?}", column.values().to_vec())
            }
            StreamElement::Watermark(watermark) => format!("w{}", watermark.0),
            other => format!("{other:?}"),
        })
        .collect()
}

fn the_barrier(id: u64) -> CheckpointBarrier {
    match barrier(id) {
        StreamElement::Barrier(barrier) => barrier,
        _ => unreachable!(),
    }
}

#[test]
fn what_a_barrier_overtakes_is_recorded_and_processed_all_the_same() {
    let (senders, mut gate) = gate(&[0, 0]);
    let send = |channel: usize, element| senders[channel].try_send(element).unwrap();
    let watermark = |time| StreamElement::Watermark(Watermark(time));
    send(0, watermark(3));
    assert_eq!(drain(&mut gate), [""; 0]);
    send(0, rows(&[1]));
    send(0, watermark(5));
    // Of a checkpoint that was given up before.
    send(0, barrier(6));
    send(0, barrier(7));
    send(0, rows(&[100]));
    send(1, rows(&[2]));
    let id = CheckpointId(7);
    assert!(gate.may_overtake(id) && gate.settle().unwrap().is_none());
    gate.overtake(the_barrier(7), Instant::now());
    assert!(gate.recorded(id).is_none(), "channel 1 has no barrier yet");
    assert_eq!(drain(&mut gate), ["0[2, 1, 100]"]);
    send(1, rows(&[3]));
    assert_eq!(drain(&mut gate), ["0[3]"]);
    send(1, rows(&[4]));
    send(1, barrier(7));
    send(1, rows(&[101]));
    let recorded = gate.recorded(id).unwrap();
    let channels: Vec<_> = recorded.iter().map(|part| texts(&part.elements)).collect();
    assert_eq!(
        channels,
        [vec!["w3", "[1]", "w5"], vec!["[2]", "[3]", "[4]"]]
    );
    assert_eq!(drain(&mut gate), ["0[4, 101]"]);
    assert!(!gate.may_overtake(id));
}

#[test]
fn channels_that_must_not_be_overtaken_are_waited_for() {
    let (senders, mut gate) = gate(&[0, 1]);
    gate.channels[1].place.overtakable = false;
    let id = CheckpointId(1);
    senders[0].try_send(rows(&[1])).unwrap();
    assert!(!gate.may_overtake(id));
    senders[1].try_send(barrier(1)).unwrap();
    assert_eq!(drain(&mut gate), ["0[1]"]);
    assert!(gate.may_overtake(id));
    gate.abort_checkpoint(id);
    assert!(!gate.may_overtake(id));
}

#[test]
fn what_was_in_flight_goes_first_with_its_own_event_time() {
    let replayed = |from: u32, elements: Vec<StreamElement>| ReplayChannel {
        key: test_place(from, true).key,
        elements: elements.into(),
    };
    let watermark = |time| StreamElement::Watermark(Watermark(time));
    let channels = vec![
        replayed(0, vec![watermark(4), rows(&[1]), watermark(8)]),
        replayed(1, vec![watermark(6), rows(&[2])]),
    ];
    let replay = Replay::new(channels, 2);
    let (senders, mut gate) = gate_with(&[0, 0], ChannelLimits::default(), Some(replay));
    senders[0].try_send(rows(&[100])).unwrap();
    senders[1].try_send(watermark(5)).unwrap();
    senders[0].try_send(watermark(5)).unwrap();
    assert_eq!(drain(&mut gate), ["w4", "0[1]", "0[2]", "w6", "0[100]"]);
    // Channels that nothing is known of hold event time back.
    let replay = Replay::new(vec![replayed(0, vec![watermark(4), rows(&[1])])], 2);
    let (_senders, mut gate) = gate_with(&[0, 0], ChannelLimits::default(), Some(replay));
    assert_eq!(drain(&mut gate), ["0[1]"]);
}

proptest::proptest! {
    /// Two channels, batches and barriers at random, read at random, overtaken at random: what was given
    /// out before the snapshot and what was recorded are together what lay before the barrier, in order.
    #[test]
    fn nothing_before_the_barrier_is_lost_or_doubled(
        steps in proptest::collection::vec((0usize..2, 0u8..3), 1..60), at in 0usize..60,
        barriers in proptest::array::uniform2(0usize..60), replayed in 0i64..4,
    ) {
        let limits = ChannelLimits { batches: 1000, bytes: u64::MAX };
        let replay = (replayed > 0).then(|| {
            let elements = (0..replayed).map(|value| rows(&[-1 - value])).collect();
            let key = test_place(9, true).key;
            Replay::new(vec![ReplayChannel { key, elements }], 1)
        });
        let (senders, mut gate) = gate_with(&[0, 0], limits, replay);
        let mut before: Vec<Vec<i64>> = vec![Vec::new(); 2];
        let mut sent = [false; 2];
        let mut given: Vec<i64> = Vec::new();
        let mut recorded = None;
        let mut taken = false;
        let values = |batch: &ChangelogBatch| batch.rows().column(0).as_primitive::<Int64Type>().values().to_vec();
        for (step, (channel, action)) in steps.iter().enumerate() {
            for (channel, due) in barriers.iter().enumerate() {
                if *due == step {
                    senders[channel].try_send(barrier(1)).unwrap();
                    sent[channel] = true;
                }
            }
            if step == at {
                while let Some(event) = gate.settle().unwrap() {
                    if let GateEvent::Data(_, batch) = event {
                        given.extend(values(&batch));
                    }
                }
                if gate.may_overtake(CheckpointId(1)) {
                    gate.overtake(the_barrier(1), Instant::now());
                    taken = true;
                }
            }
            if taken && recorded.is_none() {
                recorded = gate.recorded(CheckpointId(1));
            }
            let value = step as i64;
            if *action == 0 {
                match gate.poll(true, Instant::now()).unwrap() {
                    GatePoll::Event(GateEvent::Data(_, batch)) if !taken => given.extend(values(&batch)),
                    // Aligned after all: nothing to record.
                    GatePoll::Event(GateEvent::Barrier(..)) => { taken = true; recorded = Some(Vec::new()); }
                    _ => {}
                }
            } else {
                if !sent[*channel] {
                    before[*channel].push(value);
                }
                senders[*channel].try_send(rows(&[value])).unwrap();
            }
        }
        if !taken {
            return Ok(());
        }
        for (channel, sent) in sent.iter().enumerate() {
            if !sent {
                senders[channel].try_send(barrier(1)).unwrap();
            }
        }
        let recorded = recorded.or_else(|| gate.recorded(CheckpointId(1))).unwrap();
        let mut expected: Vec<Vec<i64>> = vec![(0..replayed).map(|value| -1 - value).collect()];
        expected.extend(before);
        let mut actual = vec![Vec::new(); 3];
        let origin = |value: i64| match value < 0 {
            true => 0,
            false => 1 + steps[value as usize].0,
        };
        for value in given {
            actual[origin(value)].push(value);
        }
        for part in &recorded {
            for element in &part.elements {
                if let StreamElement::Data(batch) = element {
                    for value in values(batch) {
                        actual[origin(value)].push(value);
                    }
                }
            }
        }
        proptest::prop_assert_eq!(actual, expected);
    }
}
