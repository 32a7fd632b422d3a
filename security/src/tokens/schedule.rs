//! When a provider is to be asked next: a pure function of what is known of it.

use std::time::{Duration, SystemTime};

/// What is known of a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// When it last gave tokens.
    pub obtained_at: Option<SystemTime>,
    /// When those end; `None` if nobody can say.
    pub valid_until: Option<SystemTime>,
    /// Failures since then.
    pub failures: u32,
    /// When it was last asked.
    pub last_attempt: Option<SystemTime>,
}

/// First pause after a failure when no token is held.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// Shortest pause in any case.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);

/// When a provider is to be asked next; `None`: never, because it gave tokens without an end.
///
/// After a success that is at `ratio` of the tokens' life (`security.delegation.tokens.renewal.time-ratio`). After
/// a failure it is after `backoff` (`security.delegation.tokens.renewal.retry.backoff`), but early enough for
/// several more tries before the held tokens end, and, when none is held, after pauses that grow up to `backoff`.
#[must_use]
pub fn next_due(
    facts: &Facts,
    now: SystemTime,
    ratio: f64,
    backoff: Duration,
) -> Option<SystemTime> {
    let Some(last_attempt) = facts.last_attempt else {
        return Some(now);
    };
    if facts.failures > 0 {
        let remaining = facts
            .valid_until
            .and_then(|end| end.duration_since(last_attempt).ok());
        let holds_for_ever = facts.obtained_at.is_some() && facts.valid_until.is_none();
        let pause = match remaining {
            _ if holds_for_ever => backoff,
            Some(remaining) if !remaining.is_zero() => backoff.min(remaining / 4),
            _ => backoff
                .min(FIRST_PAUSE.saturating_mul(1 << facts.failures.saturating_sub(1).min(16))),
        };
        return Some(last_attempt + pause.max(SHORTEST_PAUSE.min(backoff)));
    }
    let (obtained_at, end) = (facts.obtained_at?, facts.valid_until?);
    let life = end.duration_since(obtained_at).unwrap_or_default();
    Some(obtained_at + life.mul_f64(ratio.clamp(0.0, 1.0)).max(SHORTEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn due(facts: Facts) -> Option<SystemTime> {
        next_due(&facts, at(7), 0.75, HOUR)
    }

    fn obtained(valid_until: Option<u64>, failures: u32, last_attempt: u64) -> Facts {
        let (obtained_at, last_attempt) = (Some(at(0)), Some(at(last_attempt)));
        Facts {
            obtained_at,
            valid_until: valid_until.map(at),
            failures,
            last_attempt,
        }
    }

    #[test]
    fn at_the_ratio_of_the_life() {
        assert_eq!(due(Facts::default()), Some(at(7)));
        assert_eq!(due(obtained(Some(86_400), 0, 0)), Some(at(64_800)));
        assert_eq!(due(obtained(None, 0, 0)), None);
    }

    #[test]
    fn after_a_failure() {
        assert_eq!(
            due(obtained(Some(86_400), 1, 64_800)),
            Some(at(64_800 + 3600))
        );
        // A token that lives a minute does not wait an hour.
        assert_eq!(due(obtained(Some(60), 1, 40)), Some(at(45)));
        // It has ended: pauses grow.
        assert_eq!(due(obtained(Some(60), 1, 100)), Some(at(105)));
        assert_eq!(due(obtained(Some(60), 4, 100)), Some(at(140)));
        assert_eq!(due(obtained(Some(60), 30, 100)), Some(at(3700)));
        let never = Facts {
            failures: 1,
            last_attempt: Some(at(9)),
            ..Facts::default()
        };
        assert_eq!(due(never), Some(at(14)));
        assert_eq!(due(obtained(None, 1, 100)), Some(at(3700)));
    }

    proptest! {
        #[test]
        fn never_busy_and_always_before_the_end_if_there_is_time(
            life in 10u64..1_000_000, share in 0.0f64..0.95, failures in 1u32..50,
        ) {
            let last = (life as f64 * share) as u64;
            let next = due(obtained(Some(life), failures, last)).unwrap();
            prop_assert!(next > at(last));
            prop_assert!(life - last < 3 || next < at(life));
        }
    }
}
