//! Telling the user in time that the tokens end.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

use crate::yarn::given_tokens::GivenTokens;

/// How long to wait for the next warning: at a quarter, a tenth and so on of the time that is left, at least each hour of
/// the last day.
fn until_next_warning(left: Duration) -> Duration {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    match left {
        left if left > 4 * DAY => left - 2 * DAY,
        left if left > DAY => left - DAY,
        left => (left / 2).min(Duration::from_secs(3600)),
    }
}

/// Tells the user when the job will lose its access, again and again as it comes near, and anew when tokens were pushed.
pub(super) async fn warn_ahead(tokens: Arc<GivenTokens>, pushed: Arc<Notify>) {
    while let Some(end) = tokens.valid_until() {
        let Ok(left) = end.duration_since(SystemTime::now()) else {
            tracing::error!(
                "the job's tokens have ended: it has lost its access to HDFS; run kinit and `alpheus token push`"
            );
            pushed.notified().await;
            continue;
        };
        tracing::warn!(
            seconds_left = left.as_secs(),
            "without a keytab this job loses its access to HDFS when its tokens end: before that run kinit and \
             `alpheus token push`, or stop it with a savepoint and submit it with security.kerberos.login.keytab"
        );
        let pause = until_next_warning(left).max(Duration::from_secs(1));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = pushed.notified() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_come_more_often_as_the_end_comes_near() {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        assert_eq!(until_next_warning(hours(7 * 24)), hours(5 * 24));
        assert_eq!(until_next_warning(hours(48)), hours(24));
        assert_eq!(until_next_warning(hours(20)), hours(1));
        assert_eq!(until_next_warning(hours(1)), hours(1) / 2);
    }
}
