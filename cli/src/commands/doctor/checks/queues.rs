//! The queue: whether it is there, takes applications, and takes them from us.

use std::sync::Arc;
use std::time::Duration;

use alpheus_hadoop::Hadoop;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::yarn::QUEUE;
use alpheus_yarn::QueueAcl;
use alpheus_yarn::records::{QueueAccess, QueueInfo};
use alpheus_yarn::states::QueueState;

use super::super::finding::Finding;
use super::super::words;

const CHECK: &str = "queue";
/// Where YARN puts an application that names none.
const DEFAULT: &str = "default";

/// What was seen.
pub(in super::super) struct Observed {
    queue: String,
    answer: Result<(Option<QueueInfo>, Vec<QueueAccess>), String>,
}

/// Looks.
pub(in super::super) async fn observe(
    hadoop: &Arc<Hadoop>,
    configuration: &Configuration,
    patience: Duration,
) -> Observed {
    let queue = configuration.get(&QUEUE).ok().flatten();
    let queue = queue.unwrap_or_else(|| DEFAULT.to_owned());
    let ask = async {
        let manager = hadoop.resource_manager().await?;
        let info = manager.queue(&queue, false).await?;
        let access = manager.queue_access().await?;
        Ok((info, access))
    };
    let answer = match tokio::time::timeout(patience, ask).await {
        Ok(answer) => answer.map_err(|error| words(&error)),
        Err(_) => Err("no answer in time".to_owned()),
    };
    Observed { queue, answer }
}

/// Judges.
pub(in super::super) fn judge(observed: &Observed) -> Vec<Finding> {
    let queue = &observed.queue;
    let (info, access) = match &observed.answer {
        Ok(answer) => answer,
        Err(error) => {
            return vec![Finding::warning(
                CHECK,
                format!("{queue}: {error}"),
                "it is not known whether a submission would be taken",
            )];
        }
    };
    let leaf = |name: &str| name.rsplit('.').next() == queue.rsplit('.').next();
    let allowed: Vec<&str> = access
        .iter()
        .filter(|access| access.allowed.contains(&QueueAcl::SubmitApplications))
        .map(|access| access.queue.as_str())
        .collect();
    let others = match allowed.as_slice() {
        [] => "you may submit to no queue: ask the administrator".to_owned(),
        allowed => format!(
            "set yarn.application.queue to one of {}",
            allowed.join(", ")
        ),
    };
    vec![match info {
        None => Finding::bad(CHECK, format!("there is no queue {queue}"), others),
        Some(info) if info.state != QueueState::Running => Finding::bad(
            CHECK,
            format!("{queue} takes no applications: it is {:?}", info.state),
            others,
        ),
        Some(_) if !allowed.iter().any(|name| leaf(name)) => {
            Finding::bad(CHECK, format!("you may not submit to {queue}"), others)
        }
        Some(info) => Finding::good(
            CHECK,
            format!(
                "{queue} takes applications from you; {:.0} % of its share is used",
                info.current_capacity * 100.0
            ),
        ),
    }]
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::*;

    fn observed(state: Option<QueueState>, allowed: &str) -> Observed {
        let info = state.map(|state| QueueInfo {
            name: "etl".to_owned(),
            path: "root.etl".to_owned(),
            state,
            capacity: 0.5,
            maximum_capacity: 1.0,
            current_capacity: 0.25,
            labels: Vec::new(),
            default_label: None,
            children: Vec::new(),
        });
        let access = QueueAccess {
            queue: allowed.to_owned(),
            allowed: vec![QueueAcl::SubmitApplications],
        };
        Observed {
            queue: "etl".to_owned(),
            answer: Ok((info, vec![access])),
        }
    }

    #[test]
    fn a_queue_must_be_there_run_and_let_us_in() {
        let judge = |state, allowed| judge(&observed(state, allowed))[0].clone();
        let running = Some(QueueState::Running);
        assert_eq!(judge(running, "root.etl").severity, Severity::Good);
        let other = judge(running, "root.default");
        assert_eq!(other.severity, Severity::Bad);
        assert!(other.remedy.is_some_and(|it| it.contains("root.default")));
        assert_eq!(judge(None, "root.etl").severity, Severity::Bad);
        let stopped = Some(QueueState::Stopped);
        assert_eq!(judge(stopped, "root.etl").severity, Severity::Bad);
    }
}
