//! The ledger against a model of the ResourceManager: whatever is lost on the way, both end with the same counts.

use super::*;
use crate::ids::{ApplicationId, AttemptId, NodeId};
use crate::records::{Container, ContainerStatus};
use crate::states::{ContainerState, ExecutionType, ExitStatus};
use proptest::prelude::*;

fn id(raw: i64) -> ContainerId {
    let application = ApplicationId {
        cluster_timestamp: 1,
        sequence: 1,
    };
    ContainerId {
        attempt: AttemptId {
            application,
            attempt: 1,
        },
        raw,
    }
}

fn wish(priority: i32, count: u32) -> ResourceRequest {
    ResourceRequest::anywhere(Priority(priority), Resource::new(1000, 1), count)
}

fn container(raw: i64, priority: i32, memory: u64) -> Container {
    Container {
        id: id(raw),
        node: NodeId {
            host: "h".into(),
            port: 1,
        },
        node_http: String::new(),
        resource: Resource::new(memory, 1),
        priority: Priority(priority),
        allocation_request_id: -1,
        execution: ExecutionType::Guaranteed,
        version: 0,
        token: None,
    }
}

fn answer(response_id: i32) -> Allocation {
    Allocation {
        response_id,
        allocated: Vec::new(),
        completed: Vec::new(),
        previous_containers: Vec::new(),
        updated: Vec::new(),
        update_errors: Vec::new(),
        updated_nodes: Vec::new(),
        node_tokens: Vec::new(),
        headroom: Resource::default(),
        nodes: 1,
        preemption: None,
        master_token: None,
    }
}

#[test]
fn a_wish_goes_out_once_and_again_when_it_changes() {
    let mut ledger = Ledger::new();
    ledger.want(wish(1, 2));
    let first = ledger.heartbeat(0.0);
    assert_eq!(first.ask, [wish(1, 2)]);
    ledger.answered(&answer(1));
    let second = ledger.heartbeat(0.0);
    assert_eq!((second.ask.len(), second.response_id), (0, 1));
    ledger.answered(&answer(2));
    ledger.want(wish(1, 2));
    assert!(ledger.heartbeat(0.0).ask.is_empty());
    ledger.answered(&answer(3));
    ledger.want(wish(1, 0));
    let third = ledger.heartbeat(0.0);
    assert_eq!(third.ask, [wish(1, 0)]);
    ledger.answered(&answer(4));
    assert_eq!(ledger.outstanding(), 0);
    assert!(ledger.heartbeat(0.0).ask.is_empty());
}

#[test]
fn a_heartbeat_whose_answer_was_lost_is_repeated_as_it_was() {
    let mut ledger = Ledger::new();
    ledger.want(wish(1, 2));
    ledger.release(id(9));
    ledger.blacklist("bad", true);
    let lost = ledger.heartbeat(0.0);
    ledger.want(wish(1, 3));
    assert_eq!(ledger.heartbeat(0.5), lost);
    ledger.answered(&answer(1));
    assert_eq!(ledger.heartbeat(0.5).ask, [wish(1, 3)]);
    assert_eq!(
        (lost.release, lost.blacklist),
        (vec![id(9)], vec!["bad".to_owned()])
    );
}

#[test]
fn a_wish_that_changes_while_the_heartbeat_flies_is_not_taken_for_heard() {
    let mut ledger = Ledger::new();
    ledger.want(wish(1, 2));
    ledger.heartbeat(0.0);
    ledger.want(wish(1, 5));
    ledger.answered(&answer(1));
    assert_eq!(ledger.heartbeat(0.0).ask, [wish(1, 5)]);
}

#[test]
fn allocated_containers_are_subtracted_even_when_rounded_up() {
    let mut ledger = Ledger::new();
    ledger.want(wish(1, 2));
    ledger.heartbeat(0.0);
    let mut reply = answer(1);
    reply.allocated = vec![container(1, 1, 1024)];
    ledger.answered(&reply);
    assert_eq!(ledger.outstanding_at(Priority(1)), 1);
    ledger.forgotten();
    assert_eq!(ledger.heartbeat(0.0).ask, [wish(1, 1)]);
}

#[test]
fn after_a_restart_everything_is_repeated() {
    let mut ledger = Ledger::new();
    ledger.want(wish(1, 2));
    ledger.release(id(9));
    ledger.release(id(10));
    ledger.blacklist("bad", true);
    ledger.blacklist("good", true);
    ledger.heartbeat(0.0);
    let mut reply = answer(7);
    reply.completed = vec![ContainerStatus {
        id: id(10),
        state: ContainerState::Complete,
        exit: ExitStatus::ABORTED,
        diagnostics: String::new(),
    }];
    ledger.answered(&reply);
    ledger.blacklist("good", false);
    ledger.forgotten();
    let again = ledger.heartbeat(0.0);
    assert_eq!(again.response_id, 0);
    assert_eq!(again.ask, [wish(1, 2)]);
    assert_eq!(again.release, [id(9)]);
    assert_eq!(
        (again.blacklist, again.unblacklist),
        (vec!["bad".to_owned()], Vec::new())
    );
}

#[derive(Clone, Debug)]
enum Event {
    Want(i32, u32),
    /// A heartbeat that arrives; the ResourceManager gives up to so many containers, and the answer arrives or not.
    Beat {
        gives: u32,
        heard: bool,
    },
    Restart,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        (0..3i32, 0..4u32).prop_map(|(priority, count)| Event::Want(priority, count)),
        (0..3u32, any::<bool>()).prop_map(|(gives, heard)| Event::Beat { gives, heard }),
        Just(Event::Restart),
    ];
    prop::collection::vec(event, 0..40)
}

proptest! {
    /// The ResourceManager keeps absolute counts and the answer to the last heartbeat, which it repeats for a repeated
    /// heartbeat. At the end of any history, one good heartbeat makes both sides agree.
    #[test]
    fn both_sides_agree_in_the_end(history in events()) {
        let mut ledger = Ledger::new();
        let mut counts: BTreeMap<i32, u32> = BTreeMap::new();
        let mut last = answer(0);
        let mut next_id = 1;
        let settle = [Event::Beat { gives: 0, heard: true }, Event::Beat { gives: 0, heard: true }];
        for event in history.into_iter().chain(settle) {
            match event {
                Event::Want(priority, count) => ledger.want(wish(priority, count)),
                Event::Restart => {
                    counts.clear();
                    last = answer(0);
                    ledger.forgotten();
                }
                Event::Beat { gives, heard } => {
                    let sent = ledger.heartbeat(0.0);
                    // A heartbeat with the previous number is a repetition: the old answer is given again, its content ignored.
                    if sent.response_id == last.response_id {
                        for ask in &sent.ask {
                            counts.insert(ask.priority.0, ask.count);
                        }
                        last = answer(sent.response_id + 1);
                        for _ in 0..gives {
                            if let Some((priority, count)) = counts.iter_mut().find(|(_, c)| **c > 0) {
                                *count -= 1;
                                last.allocated.push(container(next_id, *priority, 1024));
                                next_id += 1;
                            }
                        }
                    }
                    if heard {
                        ledger.answered(&last);
                    }
                }
            }
        }
        for priority in 0..3 {
            let there = counts.get(&priority).copied().unwrap_or_default();
            prop_assert_eq!(ledger.outstanding_at(Priority(priority)), u64::from(there), "priority {}", priority);
        }
    }
}
