//! When a ticket must be seen to: a pure function of the clock and the ticket.

use std::time::{Duration, SystemTime};

/// What can be done about an ending ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewability {
    /// There is a keytab: a new ticket can be had at any time.
    Keytab,
    /// Nothing but renewing, until this time; later only the user can help.
    Until(SystemTime),
    /// Nothing at all.
    No,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Nothing before this much time has passed.
    Wait(Duration),
    /// Log in again from the keytab.
    Login,
    /// Renew the ticket.
    Renew,
    /// The ticket will end (or has) and nobody here can do anything about it; look again after this much time
    /// whether the user has.
    Helpless(Duration),
}

/// Part of a ticket's life after which it is seen to, as in Hadoop (`TICKET_RENEW_WINDOW`).
const RENEW_AT: f64 = 0.8;
/// First and longest pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is to be done about a ticket that is valid from `start` to `end`, at the time `now`, after `failures` failed
/// attempts in a row, the last of them at `last_attempt`. `period` is how often to look at most.
#[must_use]
pub fn next_step(
    now: SystemTime,
    start: SystemTime,
    end: SystemTime,
    renewability: Renewability,
    failures: u32,
    last_attempt: Option<SystemTime>,
    period: Duration,
) -> NextStep {
    let life = end.duration_since(start).unwrap_or_default();
    let due = start + life.mul_f64(RENEW_AT);
    let until = |time: SystemTime| time.duration_since(now).unwrap_or_default();
    if now < due {
        return NextStep::Wait(until(due).min(period));
    }
    // Pauses double from one failure to the next, but never outlast a small ticket.
    if failures > 0 {
        let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(10));
        let pause = doubled
            .min(LONGEST_PAUSE)
            .min((life / 20).max(Duration::from_millis(200)));
        let next = last_attempt.unwrap_or(now) + pause;
        if now < next {
            return NextStep::Wait(until(next).min(period));
        }
    }
    match renewability {
        Renewability::Keytab => NextStep::Login,
        // A renewed ticket does not live longer than the renewable life: renewing at its end gains nothing.
        Renewability::Until(last) if now < end && end < last => NextStep::Renew,
        _ => NextStep::Helpless(period),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    /// A ticket from 0 to 100.
    fn step(now: u64, renewability: Renewability, failures: u32, last: Option<u64>) -> NextStep {
        next_step(
            at(now),
            at(0),
            at(100),
            renewability,
            failures,
            last.map(at),
            MINUTE,
        )
    }

    #[test]
    fn at_four_fifths_of_its_life() {
        assert_eq!(
            step(0, Renewability::Keytab, 0, None),
            NextStep::Wait(MINUTE)
        );
        assert_eq!(
            step(70, Renewability::Keytab, 0, None),
            NextStep::Wait(Duration::from_secs(10))
        );
        assert_eq!(step(80, Renewability::Keytab, 0, None), NextStep::Login);
        assert_eq!(step(200, Renewability::Keytab, 0, None), NextStep::Login);
    }

    #[test]
    fn a_cache_is_renewed_as_long_as_it_can_be() {
        assert_eq!(
            step(80, Renewability::Until(at(500)), 0, None),
            NextStep::Renew
        );
        assert_eq!(
            step(100, Renewability::Until(at(500)), 0, None),
            NextStep::Helpless(MINUTE)
        );
        assert_eq!(
            step(80, Renewability::Until(at(100)), 0, None),
            NextStep::Helpless(MINUTE)
        );
        assert_eq!(
            step(80, Renewability::No, 0, None),
            NextStep::Helpless(MINUTE)
        );
    }

    #[test]
    fn failures_are_followed_by_growing_pauses() {
        assert_eq!(
            step(80, Renewability::Keytab, 1, Some(80)),
            NextStep::Wait(Duration::from_secs(1))
        );
        assert_eq!(step(81, Renewability::Keytab, 1, Some(80)), NextStep::Login);
        assert_eq!(
            step(80, Renewability::Keytab, 3, Some(80)),
            NextStep::Wait(Duration::from_secs(4))
        );
        // A twentieth of the life bounds the pause.
        assert_eq!(
            step(80, Renewability::Keytab, 30, Some(80)),
            NextStep::Wait(Duration::from_secs(5))
        );
    }

    proptest! {
        #[test]
        fn a_wait_is_never_longer_than_the_period(
            now in 0u64..10_000, end in 1u64..10_000, failures in 0u32..40, last in 0u64..10_000,
        ) {
            let next = next_step(at(now), at(0), at(end), Renewability::Keytab, failures, Some(at(last)), MINUTE);
            if let NextStep::Wait(wait) = next {
                prop_assert!(wait <= MINUTE);
            }
        }
    }
}
