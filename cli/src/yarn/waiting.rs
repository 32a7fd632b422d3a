//! Why an application does not start yet, and what to do about it, from what the scheduler says (pure).
//!
//! YARN lets an application wait for as long as it takes: for its queue's share for masters, for a node with room. Flink says
//! after a minute that it takes long; here the user reads within seconds what is waited for, and each minute how long it has been.

use std::time::{Duration, Instant};

use alpheus_yarn::ApplicationId;

/// Between two reminders.
const MINUTE: Duration = Duration::from_secs(60);

/// How long every application waits for a container, when all goes well.
const USUAL: Duration = Duration::from_secs(5);

/// Words of the capacity scheduler (`CSAMContainerLaunchDiagnosticsConstants`, `AMState`), how long they say nothing, and what they
/// mean for the user after that.
const MEANINGS: [(&str, Duration, &str); 3] = [
    (
        "User's AM resource limit exceeded",
        Duration::ZERO,
        "its user has as many masters there as one may have (yarn.scheduler.capacity.QUEUE.user-limit-factor): it starts when \
         another application of theirs ends",
    ),
    (
        "AM resource limit exceeded",
        Duration::ZERO,
        "the queue's share for masters is taken (yarn.scheduler.capacity.QUEUE.maximum-am-resource-percent): it starts when \
         another application there ends",
    ),
    (
        "waiting for resources to be assigned for AM",
        USUAL,
        "no node that the queue may use has room for its master (jobmanager.memory.process.size) yet",
    ),
];

/// What the scheduler says, without date and numbers.
pub fn words(diagnostics: &str) -> &str {
    let text = diagnostics.trim_start();
    // It begins with the date in brackets.
    let text = match text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        Some((_, text)) => text,
        None => text,
    };
    text.split("Details").next().unwrap_or_default().trim()
}

fn meaning(diagnostics: &str, waited: Duration) -> Option<&'static str> {
    let known = MEANINGS
        .iter()
        .find(|(words, ..)| diagnostics.contains(words));
    known
        .filter(|(_, silent, _)| waited >= *silent)
        .map(|(.., meaning)| *meaning)
}

/// What else one could do.
fn way_out(id: ApplicationId) -> String {
    format!(
        "to wait no longer, end it: `alpheus cancel -t yarn-application -D yarn.application.id={id}`"
    )
}

/// Where the queue is what it waits for.
const OTHER_QUEUE: &str = ", and name another queue by yarn.application.queue";

/// What to add to the words of a ResourceManager that refuses an application (`LeafQueue.validateSubmitApplication`).
pub fn after_refusal(diagnostics: &str) -> &'static str {
    match diagnostics.contains("cannot accept submission") {
        true => {
            "; wait until an application there has ended, or name another queue by yarn.application.queue"
        }
        false => "",
    }
}

/// Tells a user what an application waits for: once, when that changes, and each minute.
pub struct Waiting {
    since: Instant,
    told: String,
    remind_at: Instant,
}

impl Waiting {
    /// The application has just been submitted.
    pub fn from(now: Instant) -> Self {
        Waiting {
            since: now,
            told: String::new(),
            remind_at: now + MINUTE,
        }
    }

    /// What is to be said now of an application that waits.
    pub fn look(
        &mut self,
        id: ApplicationId,
        queue: &str,
        diagnostics: &str,
        now: Instant,
    ) -> Option<String> {
        let waited = now.duration_since(self.since);
        let known = meaning(diagnostics, waited);
        let way_out = way_out(id);
        if now >= self.remind_at {
            self.remind_at = now + MINUTE;
            let reason = known.unwrap_or_else(|| words(diagnostics));
            let other = known.map_or("", |_| OTHER_QUEUE);
            let seconds = waited.as_secs();
            return Some(format!(
                "{id} has been waiting in queue {queue} for {seconds} s: {reason}; {way_out}{other}"
            ));
        }
        let known = known?;
        if self.told == known {
            return None;
        }
        known.clone_into(&mut self.told);
        Some(format!(
            "{id} waits in queue {queue}: {known}; {way_out}{OTHER_QUEUE}"
        ))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FULL: &str = "[Sat Nov 28 19:00:00 +0000 2026] Application is added to the scheduler and is not yet activated. Queue's AM \
                        resource limit exceeded.  Details : AM Partition = <DEFAULT_PARTITION>";

    const ID: ApplicationId = ApplicationId {
        cluster_timestamp: 1,
        sequence: 1,
    };

    #[test]
    fn a_full_queue_is_said_once_and_each_minute() {
        let now = Instant::now();
        let mut waiting = Waiting::from(now);
        let mut after = |seconds| waiting.look(ID, "etl", FULL, now + Duration::from_secs(seconds));
        let said = after(1).unwrap();
        for part in [
            "queue etl",
            "share for masters is taken",
            "yarn.application.queue",
            "alpheus cancel",
        ] {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(after(2), None);
        let said = after(61).unwrap();
        assert!(said.contains("for 61 s"), "{said}");
        assert_eq!(after(62), None);
    }

    #[test]
    fn what_is_not_known_is_passed_on_when_it_takes_long() {
        let now = Instant::now();
        let mut waiting = Waiting::from(now);
        let strange = "[x] The moon is full. Details : 1";
        assert_eq!(waiting.look(ID, "etl", strange, now), None);
        let said = waiting.look(ID, "etl", strange, now + MINUTE).unwrap();
        assert!(said.contains("for 60 s: The moon is full.;"), "{said}");
    }

    #[test]
    fn what_everybody_waits_for_is_no_news() {
        let now = Instant::now();
        let mut waiting = Waiting::from(now);
        let usual = "[x] Application is Activated, waiting for resources to be assigned for AM. Details : 1";
        assert_eq!(waiting.look(ID, "etl", usual, now), None);
        let said = waiting.look(ID, "etl", usual, now + USUAL).unwrap();
        assert!(said.contains("has room for its master"), "{said}");
    }

    #[test]
    fn a_limit_has_a_remedy() {
        let said = "Queue root.etl already has 2 applications, cannot accept submission of application: application_1_1";
        assert!(after_refusal(said).contains("yarn.application.queue"));
        assert_eq!(after_refusal("denied"), "");
    }
}
