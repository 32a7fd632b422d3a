//! How long until the next heartbeat to the ResourceManager (pure).
//!
//! While containers are awaited heartbeats are quick (`yarn.heartbeat.container-request-interval`), because a container is
//! handed out in the answer to one. A cluster that has none to give, to a spare worker say, is asked ever less often, down
//! to the leisurely interval (`yarn.heartbeat.interval`): a pause is never more than a fiftieth of what the wait has cost already.

use std::time::Duration;

/// What a pause is of the time that nothing has come.
const SHARE: u32 = 50;

/// The pause between two heartbeats while containers are awaited, when for `waited` nothing has changed.
pub fn pause(waited: Duration, busy: Duration, idle: Duration) -> Duration {
    (waited / SHARE).clamp(busy, idle.max(busy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_in_vain_asks_less_and_less_often() {
        let after = |seconds| {
            let (busy, idle) = (Duration::from_millis(200), Duration::from_secs(5));
            pause(Duration::from_secs(seconds), busy, idle)
        };
        assert_eq!(after(0), Duration::from_millis(200));
        assert_eq!(after(10), Duration::from_millis(200));
        assert_eq!(after(50), Duration::from_secs(1));
        assert_eq!(after(1_000_000), Duration::from_secs(5));
        // Whatever is configured, the quick one is not slower than it is told.
        let (second, none) = (Duration::from_secs(1), Duration::ZERO);
        assert_eq!(pause(none, second, none), second);
        assert_eq!(pause(second * 1000, second, none), second);
    }
}
